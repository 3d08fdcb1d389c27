//! The store's clock, as the `Date` of an answer shows it. The SDK's outputs do not hold it.

use std::sync::{Arc, OnceLock};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::{DateTime, Format};

/// Sees the `Date` of one answer.
#[derive(Clone, Debug, Default)]
pub(super) struct ServerDate(Arc<OnceLock<i64>>);

impl ServerDate {
    /// What it showed, in seconds since the Unix epoch.
    pub fn seen(&self) -> Option<i64> {
        self.0.get().copied()
    }
}

#[dyn_dispatch_hint]
impl Intercept for ServerDate {
    fn name(&self) -> &'static str {
        "ServerDate"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date").map(|date| DateTime::from_str(date, Format::HttpDate));
        if let Some(Ok(date)) = date {
            self.0.get_or_init(|| date.secs());
        }
        Ok(())
    }
}
