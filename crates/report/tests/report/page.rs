//! The page as a browser parses it: sound markup, nothing from outside, reachable for everybody.

use std::collections::BTreeSet;

use scraper::{ElementRef, Html, Selector};
use swarmgate_report::{dashboard_page, report_page};

use crate::fixture;

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

fn pages() -> impl Iterator<Item = (String, Html)> {
    fixture::all().into_iter().map(|sample| {
        let page = Html::parse_document(&report_page(&sample.summary));
        (sample.summary.id.to_string(), page)
    })
}

fn with_dashboard() -> impl Iterator<Item = (String, Html)> {
    pages().chain([("dashboard".to_owned(), Html::parse_document(&dashboard_page()))])
}

fn text(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_markup_has_no_error() {
    for (id, page) in with_dashboard() {
        assert_eq!(page.errors, [""; 0], "{id}");
    }
}

#[test]
fn nothing_comes_from_outside() {
    const OWN: [&str; 6] =
        ["summary.json", "junit.xml", "intervals.csv", "requests.csv", "failures.csv", "latency.hlog"];
    for (id, page) in with_dashboard() {
        assert!(all(&page, "[src], [action], iframe, object, embed, link:not([rel=icon])").is_empty(), "{id}");
        for link in all(&page, "[href]") {
            let href = link.value().attr("href").unwrap();
            let own = href.starts_with('#') || href.starts_with("data:image/svg+xml,") || OWN.contains(&href);
            assert!(own, "{id}: {href}");
        }
        let style: String = all(&page, "style").into_iter().flat_map(|style| style.text()).collect();
        assert!(!style.contains("@import") && !style.contains("url(h"), "{id}");
    }
}

#[test]
fn text_from_outside_stays_text() {
    let sample = fixture::hostile();
    let page = Html::parse_document(&report_page(&sample.summary));
    assert_eq!(all(&page, "script").len(), 3, "the theme, the data and the page's own script");
    assert!(all(&page, "*").iter().all(|e| e.value().attrs().all(|(name, _)| !name.starts_with("on"))));
    for place in ["h1", ".target", ".description", ".when dd", ".notes li", ".name", ".detail", "pre code", ".facts dd"]
    {
        let found = all(&page, place).into_iter().any(|element| {
            let text = text(element);
            text.contains("<script>alert(1)</script>") || text.contains("a-very-long-segment")
        });
        assert!(found, "{place}");
    }
}

#[test]
fn each_part_can_be_reached_and_named() {
    for (id, page) in with_dashboard() {
        let ids: Vec<_> = all(&page, "[id]").iter().map(|e| e.value().attr("id").unwrap()).collect();
        let unique: BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "{id}: an id comes twice");
        for element in all(&page, "[aria-labelledby]") {
            for name in element.value().attr("aria-labelledby").unwrap().split(' ') {
                assert!(unique.contains(&name), "{id}: {name}");
            }
        }
        for anchor in all(&page, "a[href^='#']:not([href='#'])") {
            let target = &anchor.value().attr("href").unwrap()[1..];
            assert!(unique.contains(&target), "{id}: #{target}");
        }
        for landmark in ["header", "main"] {
            assert_eq!(all(&page, landmark).len(), 1, "{id}: {landmark}");
        }
        for field in all(&page, "input, textarea") {
            assert!(field.ancestors().filter_map(ElementRef::wrap).any(|e| e.value().name() == "label"), "{id}");
        }
        let levels: Vec<u8> =
            all(&page, "h1, h2, h3, h4").iter().map(|h| h.value().name().as_bytes()[1] - b'0').collect();
        assert!(levels.windows(2).all(|w| w[1] <= w[0] + 1), "{id}: a heading's level is left out: {levels:?}");
        for chart in all(&page, "svg[role=img]") {
            let parts = |name: &str| chart.children().filter_map(ElementRef::wrap).any(|e| e.value().name() == name);
            assert!(parts("title") && parts("desc"), "{id}: a chart says nothing");
        }
        for table in all(&page, "table") {
            let caption = Selector::parse("caption").unwrap();
            assert_eq!(table.select(&caption).count(), 1, "{id}: a table without a caption");
            let bare = Selector::parse("th:not([scope])").unwrap();
            assert_eq!(table.select(&bare).count(), 0, "{id}: a head without a scope");
        }
    }
}

#[test]
fn the_verdict_comes_first_with_each_threshold() {
    let sample = fixture::failed();
    let page = Html::parse_document(&report_page(&sample.summary));
    let first = all(&page, "main > section")[0];
    assert_eq!(first.value().attr("id"), Some("verdict"));
    assert_eq!(text(all(&page, "#verdict h2")[0]), "Fail");
    let cells = |row: ElementRef<'_>| row.child_elements().map(text).collect::<Vec<_>>().join(" | ");
    let rows: Vec<_> = all(&page, "#verdict tbody tr").into_iter().map(cells).collect();
    assert_eq!(rows.len(), sample.summary.thresholds.len());
    assert!(rows[3].starts_with("breached | p99{name=/checkout} < 900ms | 1."), "{}", rows[3]);
}

#[test]
fn a_later_revision_shows_both_verdicts() {
    let page = Html::parse_document(&report_page(&fixture::inconclusive().summary));
    let revision = text(all(&page, ".revision")[0]);
    assert!(revision.starts_with("Revision 2: made again with data that came after the verdict."), "{revision}");
    assert!(revision.contains("inconclusive (data is missing: 95.00 %"), "{revision}");
    assert_eq!(all(&page, ".doubts li").len(), 4);
    assert!(!all(&page, "#chart-rate .shade.saturated").is_empty());
    assert!(!all(&page, "#chart-rate .shade.uncovered").is_empty());
}

#[test]
fn a_long_test_makes_no_heavy_page() {
    let page = report_page(&fixture::long().summary);
    assert!(page.len() < 300_000, "{} bytes", page.len());
}
