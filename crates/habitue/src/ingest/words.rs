//! Words in cells that mean something: statuses, codes of services, currencies.

use habitue_core::clean::Mark;

/// What the status of an order means.
pub(super) fn mark_of_status(status: &str, refunds_are_counted: bool) -> Mark {
    let status: String =
        status.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    match status.strip_prefix("wc").unwrap_or(&status) {
        "cancelled"
        | "canceled"
        | "void"
        | "voided"
        | "failed"
        | "expired"
        | "declined"
        | "pendingpayment"
        | "unpaid"
        | "trash"
        | "checkoutdraft"
        | "abandoned"
        | "rejected"
        | "incomplete"
        | "requirespaymentmethod" => Mark::Void,
        "refunded" if !refunds_are_counted => Mark::Void,
        "view" | "pageview" | "cart" | "addtocart" | "removefromcart" | "search" | "wishlist" | "click" => {
            Mark::Browsing
        }
        _ => Mark::None,
    }
}

/// Whether a product code stands for postage, a fee or a correction: codes without a digit that shops use for them.
pub(super) fn is_service(code: &str) -> bool {
    const CODES: [&str; 26] = [
        "post",
        "postage",
        "dot",
        "m",
        "manual",
        "c2",
        "d",
        "discount",
        "s",
        "samples",
        "b",
        "bank charges",
        "amazonfee",
        "cruk",
        "pads",
        "shipping",
        "delivery",
        "freight",
        "carriage",
        "fee",
        "handling",
        "adjust",
        "adjustment",
        "gift card",
        "giftcard",
        "tip",
    ];
    // Nearly all codes end in a digit, and of these only one does.
    if code.len() > 2 && code.ends_with(|c: char| c.is_ascii_digit()) && !code.starts_with("gift_") {
        return false;
    }
    code.len() <= 12 && CODES.iter().any(|c| code.eq_ignore_ascii_case(c)) || code.starts_with("gift_")
}

/// A currency sign or code as an ISO 4217 code.
pub(super) fn currency_code(mark: &str) -> String {
    match mark {
        "£" => "GBP",
        "€" => "EUR",
        "$" | "US$" => "USD",
        "¥" => "JPY",
        "₹" => "INR",
        "₽" => "RUB",
        "₩" => "KRW",
        "₺" => "TRY",
        "zł" => "PLN",
        "R$" => "BRL",
        "CA$" => "CAD",
        "A$" => "AUD",
        other => return other.to_ascii_uppercase(),
    }
    .to_owned()
}
