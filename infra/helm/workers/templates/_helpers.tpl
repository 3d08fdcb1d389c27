{{- define "workers.labels" -}}
{{ include "workers.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "workers.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "workers.account" -}}
{{ .Values.serviceAccount.name | default .Release.Name }}
{{- end }}

{{- /* What is not in a namespace needs a name of its own for each release. */ -}}
{{- define "workers.clusterName" -}}
swarmgate-{{ .Release.Namespace }}-{{ .Release.Name }}
{{- end }}
