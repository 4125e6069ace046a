//! The file that says who we are to the server.

use std::path::Path;

use async_nats::ConnectOptions;

use crate::BusError;

/// What a credentials file holds.
#[derive(Debug, PartialEq, Eq)]
enum Credentials {
    Password { user: String, password: String },
    Token(String),
}

/// Adds the credentials in the file at `path`: one line, `user:password` or a token.
pub(crate) async fn apply(
    options: ConnectOptions,
    path: &Path,
) -> Result<ConnectOptions, BusError> {
    let failed = |source| BusError::Credentials { path: path.to_owned(), source };
    let text = tokio::fs::read_to_string(path).await.map_err(|e| failed(e.into()))?;
    match parse(&text).map_err(|why| failed(why.into()))? {
        Credentials::Password { user, password } => Ok(options.user_and_password(user, password)),
        Credentials::Token(token) => Ok(options.token(token)),
    }
}

fn parse(text: &str) -> Result<Credentials, &'static str> {
    let text = text.trim();
    if text.starts_with("-----BEGIN NATS USER JWT-----") {
        return Err(
            "a file of JWT and seed is not supported; one line user:password, or a token, is",
        );
    }
    if text.is_empty() || text.lines().count() > 1 {
        return Err("it must hold one line, user:password or a token");
    }
    Ok(match text.split_once(':') {
        Some((user, password)) => {
            Credentials::Password { user: user.into(), password: password.into() }
        }
        None => Credentials::Token(text.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_a_password_or_a_token() {
        let password = |user: &str, password: &str| {
            Ok(Credentials::Password { user: user.into(), password: password.into() })
        };
        assert_eq!(parse("desk:s3cret:x\n"), password("desk", "s3cret:x"));
        assert_eq!(parse("  t0ken "), Ok(Credentials::Token("t0ken".into())));
        for bad in ["", "\n", "a:b\nc:d", "-----BEGIN NATS USER JWT-----\neyJ0\n"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
