//! Findings as they are printed.

use serde_json::json;
use swarmgate_service::{Finding, FindingState};

use super::Section;

pub(super) fn as_json(sections: &[Section]) {
    let is_wrong = wrong(sections) > 0;
    let sections: Vec<_> =
        sections.iter().map(|section| json!({ "name": section.name, "findings": section.findings })).collect();
    crate::print_line(&format!("{:#}", json!({ "fine": !is_wrong, "sections": sections })));
}

pub(super) fn for_people(sections: &[Section]) {
    let all = sections.iter().flat_map(|section| &section.findings);
    let width = all.map(|finding| finding.what.chars().count()).max().unwrap_or(0);
    for section in sections {
        crate::print_line(section.name);
        for finding in &section.findings {
            crate::print_line(&line(finding, width));
        }
    }
    crate::print_line(&match wrong(sections) {
        0 => "nothing is wrong".to_owned(),
        1 => "1 thing is wrong".to_owned(),
        count => format!("{count} things are wrong"),
    });
}

fn wrong(sections: &[Section]) -> usize {
    sections.iter().flat_map(|section| &section.findings).filter(|finding| finding.is_wrong()).count()
}

/// `  wrong    store      it is denied`, and below it what to do.
fn line(finding: &Finding, width: usize) -> String {
    let word = match &finding.state {
        FindingState::Fine => "fine",
        FindingState::Note => "note",
        FindingState::Wrong { .. } => "WRONG",
        FindingState::Unknown => "unknown",
    };
    let (what, said) = (&finding.what, &finding.said);
    let shown = format!("  {word:<7}  {what:<width$}  {said}");
    match &finding.state {
        FindingState::Wrong { remedy } => format!("{shown}\n{:>9}  {:<width$}  mend it: {remedy}", "", ""),
        _ => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_comes_with_what_to_do() {
        let fine = line(&Finding::fine("store", "it answers"), 6);
        assert_eq!(fine, "  fine     store   it answers");
        let wrong = line(&Finding::wrong("queue", "there is none", "make one"), 6);
        assert_eq!(wrong, "  WRONG    queue   there is none\n                   mend it: make one");
    }
}
