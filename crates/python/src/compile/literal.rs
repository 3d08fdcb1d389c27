//! Literals and f-strings.

use num_bigint::BigInt;
use num_traits::Num;
use ruff_python_ast::{
    ConversionFlag, ExprFString, FStringPart, InterpolatedElement, InterpolatedStringElement, Number,
};
use ruff_text_size::Ranged;

use super::unit::small;
use super::{Compiler, Conversion, Op};
use crate::value::Value;

impl<'a> Compiler<'a> {
    pub(super) fn number(&mut self, number: &Number, node: &impl Ranged) {
        let value = match number {
            Number::Int(int) => match int.as_i64() {
                Some(n) => Value::Int(n),
                None => big(&int.to_string()),
            },
            Number::Float(x) => Value::Float(*x),
            Number::Complex { .. } => {
                self.refuse(node, "complex number", "use floats");
                Value::None
            }
        };
        self.unit().constant(value);
    }

    pub(super) fn f_string(&mut self, string: &'a ExprFString) {
        let mut parts = 0;
        for part in string.value.iter() {
            match part {
                FStringPart::Literal(literal) => {
                    self.unit().constant(Value::str(literal.value.to_string()));
                    parts += 1;
                }
                FStringPart::FString(f_string) => parts += self.elements(&f_string.elements),
            }
        }
        if parts == 1 && matches!(self.unit().ops.last(), Some(Op::Format(..))) {
            return;
        }
        self.emit(Op::BuildString(small(parts)));
    }

    fn elements(&mut self, elements: &'a [InterpolatedStringElement]) -> usize {
        let mut parts = 0;
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(literal) => {
                    self.unit().constant(Value::str(literal.value.to_string()));
                }
                InterpolatedStringElement::Interpolation(element) => parts += self.interpolation(element),
            }
            parts += 1;
        }
        parts
    }

    /// Gives how many parts it has beside the value.
    fn interpolation(&mut self, element: &'a InterpolatedElement) -> usize {
        let shown = element.debug_text.as_ref().map(|text| text.as_str().to_owned());
        if let Some(text) = &shown {
            self.unit().constant(Value::str(text.clone()));
        }
        self.expression(&element.expression);
        let conversion = match element.conversion {
            ConversionFlag::None if shown.is_some() && element.format_spec.is_none() => Conversion::Repr,
            ConversionFlag::None => Conversion::None,
            ConversionFlag::Str => Conversion::Str,
            ConversionFlag::Repr => Conversion::Repr,
            ConversionFlag::Ascii => Conversion::Ascii,
        };
        if let Some(spec) = &element.format_spec {
            let parts = self.elements(&spec.elements);
            self.emit(Op::BuildString(small(parts)));
        }
        self.emit(Op::Format(conversion, element.format_spec.is_some()));
        usize::from(shown.is_some())
    }
}

/// A large integer as its source has it.
fn big(text: &str) -> Value {
    let text = text.replace('_', "").to_lowercase();
    let (digits, radix) = match text.get(..2) {
        Some("0x") => (&text[2..], 16),
        Some("0o") => (&text[2..], 8),
        Some("0b") => (&text[2..], 2),
        _ => (&text[..], 10),
    };
    BigInt::from_str_radix(digits, radix).map_or(Value::None, Value::integer)
}
