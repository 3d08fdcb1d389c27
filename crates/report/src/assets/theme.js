// Before the page is drawn: the reader's choice of theme, and that there is a script.
document.documentElement.classList.add("js");
try {
  const theme = localStorage.getItem("swarmgate-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Without storage the page follows the system.
}
