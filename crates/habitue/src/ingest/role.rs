//! What columns can be, and what they are called.

use serde::{Deserialize, Serialize};

/// What a column can be in a table of orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Who bought.
    Customer,
    /// When.
    Time,
    /// The order's number.
    Order,
    /// The product's code.
    Product,
    /// The product's name.
    ProductName,
    /// The product's category.
    Category,
    /// How much.
    Quantity,
    /// For how much apiece.
    UnitPrice,
    /// For how much in all.
    Amount,
    /// What was taken off the price.
    Discount,
    /// What was given back of an order later.
    Refund,
    /// Paid, cancelled, viewed, ….
    Status,
    /// When the order was cancelled; empty for most.
    CancelledAt,
    /// The currency of the amounts.
    Currency,
    /// Where the customer lives.
    Country,
    /// How the order came in.
    Channel,
    /// Which shop or branch.
    Store,
    /// A number of the row itself.
    LineId,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 18] = [
        Self::Customer,
        Self::Time,
        Self::Order,
        Self::Product,
        Self::ProductName,
        Self::Category,
        Self::Quantity,
        Self::UnitPrice,
        Self::Amount,
        Self::Discount,
        Self::Refund,
        Self::Status,
        Self::CancelledAt,
        Self::Currency,
        Self::Country,
        Self::Channel,
        Self::Store,
        Self::LineId,
    ];

    /// The role's name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Time => "time",
            Self::Order => "order",
            Self::Product => "product",
            Self::ProductName => "product_name",
            Self::Category => "category",
            Self::Quantity => "quantity",
            Self::UnitPrice => "unit_price",
            Self::Amount => "amount",
            Self::Discount => "discount",
            Self::Refund => "refund",
            Self::Status => "status",
            Self::CancelledAt => "cancelled_at",
            Self::Currency => "currency",
            Self::Country => "country",
            Self::Channel => "channel",
            Self::Store => "store",
            Self::LineId => "line_id",
        }
    }

    /// The role of a name in settings.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name() == name)
    }

    /// Column names that mean this role, letters and digits only, best first.
    pub(super) fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Customer => &[
                "customerid",
                "customer",
                "custid",
                "customernumber",
                "customerno",
                "customercode",
                "customerkey",
                "clientid",
                "client",
                "userid",
                "householdid",
                "household",
                "hshdnum",
                "householdkey",
                "membernumber",
                "memberid",
                "member",
                "membershipnumber",
                "accountid",
                "account",
                "contactid",
                "shopperid",
                "buyerid",
                "buyer",
                "cardid",
                "cardnumber",
                "loyaltyid",
                "loyaltynumber",
                "visitorid",
                "customeremail",
                "buyeremail",
                "billingemail",
                "email",
                "emailaddress",
                "useremail",
                "user",
                "customername",
                "billingname",
                "customerphone",
                "phone",
                "kundennummer",
                "kundennr",
                "idclient",
                "idcliente",
            ],
            Self::Time => &[
                "invoicedate",
                "orderdate",
                "orderdatetime",
                "orderedat",
                "createdat",
                "created",
                "transactiondate",
                "transactiontimestamp",
                "transactiontime",
                "purchasedate",
                "purchasedat",
                "saledate",
                "saledatetime",
                "datetime",
                "date",
                "timestamp",
                "time",
                "eventtime",
                "paidat",
                "processedat",
                "datecreated",
                "dateofpurchase",
                "orderplaced",
                "orderpurchasetimestamp",
                "paymentdate",
                "salesdate",
                "receiptdate",
                "billdate",
                "day",
                "datum",
                "bestelldatum",
                "rechnungsdatum",
                "fecha",
            ],
            Self::Order => &[
                "invoiceno",
                "invoicenumber",
                "invoiceid",
                "invoice",
                "orderid",
                "ordernumber",
                "orderno",
                "basketid",
                "receiptid",
                "receiptno",
                "receiptnumber",
                "receipt",
                "transactionid",
                "transactionnumber",
                "saleid",
                "billno",
                "billid",
                "ticketid",
                "ticket",
                "basket",
                "order",
                "transaction",
                "orderref",
                "bestellnummer",
                "rechnungsnummer",
            ],
            Self::Product => &[
                "stockcode",
                "lineitemsku",
                "sku",
                "productid",
                "productcode",
                "itemid",
                "itemcode",
                "articleid",
                "articlenumber",
                "asin",
                "upc",
                "ean",
                "listingid",
                "variantid",
                "product",
                "item",
                "article",
                "productsku",
                "itemsku",
            ],
            Self::ProductName => &[
                "description",
                "lineitemname",
                "productname",
                "itemname",
                "itemdescription",
                "productdescription",
                "title",
                "producttitle",
                "articlename",
            ],
            Self::Category => &[
                "category",
                "productcategory",
                "categoryname",
                "categorycode",
                "department",
                "categoryid",
                "producttype",
            ],
            Self::Quantity => &[
                "lineitemquantity",
                "quantity",
                "qty",
                "units",
                "unitssold",
                "pieces",
                "numberofitems",
                "numberofcds",
                "itemcount",
                "orderquantity",
                "quantityordered",
                "count",
                "menge",
                "cantidad",
            ],
            Self::UnitPrice => &[
                "lineitemprice",
                "unitprice",
                "priceperunit",
                "priceeach",
                "itemprice",
                "sellingprice",
                "saleprice",
                "productprice",
                "price",
                "preis",
                "precio",
            ],
            Self::Amount => &[
                "amount",
                "salesvalue",
                "lineamount",
                "linetotal",
                "lineitemtotal",
                "totalamount",
                "totalprice",
                "netamount",
                "grossamount",
                "saleamount",
                "salesamount",
                "extendedprice",
                "revenue",
                "sales",
                "dollarvalue",
                "total",
                "ordertotal",
                "ordervalue",
                "orderamount",
                "paymentvalue",
                "totalsales",
                "value",
                "spend",
                "paid",
                "amountpaid",
                "turnover",
                "umsatz",
                "betrag",
            ],
            Self::Discount => &[
                "lineitemdiscount",
                "discount",
                "discountamount",
                "retaildisc",
                "totaldiscount",
                "discountvalue",
                "rebate",
                "rabatt",
            ],
            Self::Refund => &["refundedamount", "refundamount", "refunded", "refund", "amountrefunded"],
            Self::Status => {
                &["financialstatus", "orderstatus", "status", "eventtype", "paymentstatus", "state"]
            }
            Self::CancelledAt => &["cancelledat", "canceledat", "cancellationdate"],
            Self::Currency => &["currency", "currencycode", "ordercurrency", "paymentcurrency"],
            Self::Country => {
                &["country", "shippingcountry", "billingcountry", "shipcountry", "customercountry"]
            }
            Self::Channel => &["channel", "saleschannel", "source", "ordersource"],
            Self::Store => &["storeid", "store", "storename", "shop", "branch", "location", "outlet"],
            Self::LineId => {
                &["lineid", "lineitemid", "orderlineid", "orderitemid", "linenumber", "transactionid"]
            }
        }
    }
}

/// A name without case, blanks and signs.
pub(super) fn normal(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a cell is a column name that we know for some role.
pub(crate) fn is_known_name(cell: &str) -> bool {
    let name = normal(cell);
    !name.is_empty() && Role::ALL.iter().any(|r| r.aliases().contains(&name.as_str()))
}
