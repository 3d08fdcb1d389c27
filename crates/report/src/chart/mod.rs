//! Charts as SVG that keeps its text's size at any width: shapes are stretched, labels are placed by percent.
//!
//! `assets/chart.js` draws the same elements again when a reader changes the axis or the lines: a change here is one there.

mod path;
mod scale;

use maud::{Markup, html};

pub use path::{Bar, Place, area, bars, line, steps};
pub use scale::{Axis, LEVEL, Scale, Tick, UPRIGHT, latency_label, linear, log, number_label, share_label, test_time};

/// One chart.
pub struct Chart {
    /// The element's id.
    pub id: &'static str,
    /// What `chart.js` knows it by.
    pub kind: &'static str,
    /// The clock it shows, where there is one chart for each.
    pub clock: Option<&'static str>,
    pub title: String,
    /// What there is to see, for those who cannot.
    pub description: String,
    pub x: Axis,
    pub y: Axis,
    /// Spans of the x axis in which the data is in doubt.
    pub shades: Vec<Shade>,
    /// From back to front.
    pub layers: Vec<Layer>,
}

/// A line or an area of a chart.
pub struct Layer {
    /// Its colour and dashes, by class.
    pub class: &'static str,
    /// Empty where the legend needs no further entry.
    pub label: &'static str,
    pub shape: Shape,
    /// SVG path data.
    pub path: String,
}

/// How a layer is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Line,
    Area,
}

/// A span of the x axis in which the data is in doubt: from and to, as places.
pub struct Shade {
    pub from: f64,
    pub to: f64,
    pub doubt: ShadeDoubt,
}

/// Why data is in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShadeDoubt {
    /// The generator was the bottleneck.
    Saturated,
    /// Data is missing.
    Uncovered,
}

impl ShadeDoubt {
    fn class(self) -> &'static str {
        match self {
            Self::Saturated => "saturated",
            Self::Uncovered => "uncovered",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Saturated => "generator saturated",
            Self::Uncovered => "data missing",
        }
    }
}

impl Chart {
    /// The chart with its title and legend.
    pub fn render(&self) -> Markup {
        let (title_id, description_id) = (format!("{}-title", self.id), format!("{}-desc", self.id));
        html! {
            figure.chart id=(self.id) data-chart=(self.kind) data-clock=[self.clock] {
                figcaption {
                    h3 { (self.title) }
                    (self.legend())
                }
                div.plot {
                    svg role="img" aria-labelledby={ (title_id) " " (description_id) } {
                        title id=(title_id) { (self.title) }
                        desc id=(description_id) { (self.description) }
                        (self.shades())
                        (self.grid())
                        svg.shapes viewBox="0 0 1600 800" preserveAspectRatio="none" width="100%" height="100%" {
                            @for layer in &self.layers {
                                path class={ (layer.shape.class()) " " (layer.class) } d=(layer.path) {}
                            }
                        }
                    }
                }
            }
        }
    }

    fn legend(&self) -> Markup {
        let shades = [ShadeDoubt::Saturated, ShadeDoubt::Uncovered]
            .into_iter()
            .filter(|doubt| self.shades.iter().any(|shade| shade.doubt == *doubt));
        html! {
            ul.legend {
                @for layer in self.layers.iter().filter(|layer| !layer.label.is_empty()) {
                    li data-line=(layer.class) {
                        svg.key viewBox="0 0 28 12" aria-hidden="true" {
                            @match layer.shape {
                                Shape::Line => path class={ "line " (layer.class) } d="M1 6h26" {},
                                Shape::Area => path class={ "area " (layer.class) } d="M1 1h26v10h-26z" {},
                            }
                        }
                        (layer.label)
                    }
                }
                @for doubt in shades {
                    li data-doubt=(doubt.class()) {
                        svg.key viewBox="0 0 28 12" aria-hidden="true" {
                            rect class={ "shade " (doubt.class()) } width="28" height="12" {}
                        }
                        (doubt.label())
                    }
                }
            }
        }
    }

    fn shades(&self) -> Markup {
        html! {
            g.shades {
                @for shade in &self.shades {
                    rect class={ "shade " (shade.doubt.class()) } x=(percent(shade.from)) y="0"
                        width=(percent(shade.to - shade.from)) height="100%" {}
                }
            }
        }
    }

    fn grid(&self) -> Markup {
        html! {
            g.grid {
                @for tick in &self.y.ticks {
                    line x1="0" x2="100%" y1=(percent(1.0 - tick.place)) y2=(percent(1.0 - tick.place)) {}
                    text.y x="-8" dy="4" y=(percent(1.0 - tick.place)) { (tick.label) }
                }
                @for (index, tick) in self.x.ticks.iter().enumerate() {
                    line.v x1=(percent(tick.place)) x2=(percent(tick.place)) y1="0" y2="100%" {}
                    text class=(if index % 2 == 0 { "x" } else { "x odd" }) x=(percent(tick.place)) y="100%" dy="18" {
                        (tick.label)
                    }
                }
            }
        }
    }
}

impl Shape {
    fn class(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Area => "area",
        }
    }
}

fn percent(place: f64) -> String {
    let text = format!("{:.2}", place * 100.0);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}
