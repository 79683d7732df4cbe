//! What a tool can answer with.

use schemars::{JsonSchema, Schema};
use serde::Serialize;
use toolgate_core::protocol::{self, Content, tool::CallToolResult};

use super::schema;
use crate::failure::Result;

/// What a tool can answer with: text, content, or data with a schema.
#[diagnostic::on_unimplemented(
    message = "a tool cannot answer with `{Self}`",
    note = "wrap it in `Json<..>`, or derive `Output` for it"
)]
pub trait Output: Send + Sized + 'static {
    /// The schema of the data it answers with; none where the tool answers with content alone.
    fn schema() -> Option<Schema> {
        None
    }

    /// The result. Data that its schema does not call an object is wrapped by whoever registered
    /// the tool, data and schema alike.
    ///
    /// # Errors
    /// When the value refuses to be serialized.
    fn into_result(self) -> Result<CallToolResult>;
}

/// Data: becomes `structuredContent`, with `T`'s schema as `outputSchema`, and text for clients that
/// read no data. What is no object at its root is wrapped as `{"result": ..}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a newtype, to be taken apart by pattern")]
pub struct Json<T>(pub T);

impl<T: Serialize + JsonSchema + Send + 'static> Output for Json<T> {
    fn schema() -> Option<Schema> {
        Some(schema::output::<T>())
    }

    fn into_result(self) -> Result<CallToolResult> {
        let data = protocol::Json::of(&self.0)?;
        let text = String::from_utf8_lossy(data.as_bytes());
        let mut result = CallToolResult::new(vec![Content::text(text)]);
        result.structured_content = Some(data);
        Ok(result)
    }
}

macro_rules! scalars {
    ($($type:ty)*) => {$(
        impl Output for $type {
            fn schema() -> Option<Schema> {
                Json::<$type>::schema()
            }

            fn into_result(self) -> Result<CallToolResult> {
                Json(self).into_result()
            }
        }
    )*};
}

scalars! { bool i8 i16 i32 i64 isize u8 u16 u32 u64 usize f32 f64 }

impl Output for () {
    fn into_result(self) -> Result<CallToolResult> {
        Ok(CallToolResult::default())
    }
}

impl Output for String {
    fn into_result(self) -> Result<CallToolResult> {
        Content::from(self).into_result()
    }
}

impl Output for &'static str {
    fn into_result(self) -> Result<CallToolResult> {
        Content::from(self).into_result()
    }
}

impl Output for Content {
    fn into_result(self) -> Result<CallToolResult> {
        vec![self].into_result()
    }
}

impl Output for Vec<Content> {
    fn into_result(self) -> Result<CallToolResult> {
        Ok(CallToolResult::new(self))
    }
}

impl Output for CallToolResult {
    fn into_result(self) -> Result<CallToolResult> {
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_there_twice_as_itself_and_as_text() {
        let result = 3i64.into_result().unwrap();
        assert_eq!(result.structured_content.unwrap().as_bytes(), b"3");
        assert_eq!(result.content, [Content::text("3")]);
        assert_eq!(i64::schema().unwrap().get("type").unwrap(), "integer");

        #[derive(Serialize, JsonSchema)]
        struct Point {
            x: u8,
        }
        let result = Json(Point { x: 1 }).into_result().unwrap();
        assert_eq!(result.structured_content.unwrap().as_bytes(), br#"{"x":1}"#);
        let schema = Json::<Point>::schema().unwrap();
        assert_eq!(schema.as_value().pointer("/properties/x/type").unwrap(), "integer");
    }

    #[test]
    fn text_has_no_schema() {
        assert!(String::schema().is_none());
        assert_eq!("x".into_result().unwrap().content, [Content::text("x")]);
        assert!(().into_result().unwrap().content.is_empty());
    }
}
