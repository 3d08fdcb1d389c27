//! Requests that were written lately: most users ask for the same again and again, and what is made of the same texts is the same.

use std::cell::RefCell;
use std::rc::Rc;

use smallvec::SmallVec;
use swarmgate_python::PyStr;

use crate::exchange::Exchange;

/// Names and values of headers.
pub(super) type Lines = SmallVec<[(Rc<PyStr>, Rc<PyStr>); 8]>;

/// How many are kept. Texts that are made anew for each request push others out.
const KEPT: usize = 64;

/// All that a request is made of that has no body, no parameters and no cookies.
pub(super) struct Makings {
    pub method: Rc<PyStr>,
    pub url: Rc<PyStr>,
    /// What goes before the URL.
    pub base: Rc<PyStr>,
    pub lines: Lines,
    pub timeout: Option<f64>,
    pub verify: bool,
}

impl Makings {
    /// Texts can't change, so the same one says the same. It stays the same one, as it is held here.
    fn are(&self, other: &Self) -> bool {
        let same = |a: &Rc<PyStr>, b: &Rc<PyStr>| Rc::ptr_eq(a, b);
        same(&self.url, &other.url)
            && same(&self.method, &other.method)
            && same(&self.base, &other.base)
            && self.timeout.map(f64::to_bits) == other.timeout.map(f64::to_bits)
            && self.verify == other.verify
            && self.lines.len() == other.lines.len()
            && self.lines.iter().zip(&other.lines).all(|(a, b)| same(&a.0, &b.0) && same(&a.1, &b.1))
    }

    fn place(&self) -> usize {
        // Texts lie 16 bytes apart at least.
        (Rc::as_ptr(&self.url).addr() >> 4) % KEPT
    }
}

/// A request as it is sent, and what it is counted under where the script does not say.
#[derive(Clone)]
pub(super) struct Written {
    pub exchange: Rc<Exchange>,
    pub path: Rc<str>,
}

impl Written {
    pub(super) fn new(exchange: Exchange) -> Self {
        let path = exchange.path().into();
        Self { exchange: Rc::new(exchange), path }
    }
}

/// See the module's words.
pub(super) struct Recent(RefCell<Vec<Option<(Makings, Written)>>>);

impl Recent {
    pub(super) fn new() -> Self {
        Self(RefCell::new((0..KEPT).map(|_| None).collect()))
    }

    /// The request that was made of the same.
    pub(super) fn find(&self, makings: &Makings) -> Option<Written> {
        let kept = self.0.borrow();
        let (before, written) = kept[makings.place()].as_ref()?;
        before.are(makings).then(|| written.clone())
    }

    /// Keeps one, in place of another.
    pub(super) fn keep(&self, makings: Makings, written: &Written) {
        let place = makings.place();
        self.0.borrow_mut()[place] = Some((makings, written.clone()));
    }
}
