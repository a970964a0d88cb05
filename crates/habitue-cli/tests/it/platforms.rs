//! Order exports as shop systems write them: headers as they come, rows made here.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use crate::harness::{Folder, Ran};

fn rfm_of(name: &str, contents: &str) -> Ran {
    Folder::with(name, contents).habitue(&["features", name, "--features", "recency_days,orders,spend"])
}

/// A row of a wide export: cells by the name of their column, all others empty.
fn row(header: &str, delimiter: char, cells: &[(&str, &str)]) -> String {
    let names: Vec<&str> = header.split(delimiter).collect();
    for (name, _) in cells {
        assert!(names.contains(name), "no column {name}");
    }
    let cell = |name: &&str| cells.iter().find(|(n, _)| n == name).map_or("", |(_, value)| *value);
    names.iter().map(cell).collect::<Vec<_>>().join(&delimiter.to_string())
}

fn export(header: &str, delimiter: char, rows: &[&[(&str, &str)]]) -> String {
    let rows: Vec<String> = rows.iter().map(|cells| row(header, delimiter, cells)).collect();
    format!("{header}\n{}\n", rows.join("\n"))
}

const SHOPIFY: &str = "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,Billing Name,Billing Street,Billing Address1,Billing Address2,Billing Company,Billing City,Billing Zip,Billing Province,Billing Country,Billing Phone,Shipping Name,Shipping Street,Shipping Address1,Shipping Address2,Shipping Company,Shipping City,Shipping Zip,Shipping Province,Shipping Country,Shipping Phone,Notes,Note Attributes,Cancelled at,Payment Method,Payment Reference,Refunded Amount,Vendor,Outstanding Balance,Employee,Location,Device ID,Id,Tags,Risk Level,Source,Lineitem discount,Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value,Tax 3 Name,Tax 3 Value,Tax 4 Name,Tax 4 Value,Tax 5 Name,Tax 5 Value,Phone,Receipt Number,Duties,Billing Province Name,Shipping Province Name,Payment ID,Payment Terms Name,Next Payment Due At,Payment References";

#[test]
fn shopify_lines_after_the_first_of_an_order_belong_to_its_customer() {
    let first = |name, email, at, quantity, price, total| {
        [
            ("Name", name),
            ("Email", email),
            ("Financial Status", "paid"),
            ("Currency", "EUR"),
            ("Total", total),
            ("Created at", at),
            ("Lineitem quantity", quantity),
            ("Lineitem name", "Mug"),
            ("Lineitem price", price),
        ]
    };
    let more = |name, quantity, price, discount| {
        [
            ("Name", name),
            ("Lineitem quantity", quantity),
            ("Lineitem name", "Tea"),
            ("Lineitem price", price),
            ("Lineitem discount", discount),
        ]
    };
    let mut refunded =
        first("#1003", "b@shop.example", "2024-02-03 10:00:00 +0100", "1", "30.00", "30.00").to_vec();
    refunded.extend([("Refunded Amount", "12.50")]);
    let mut cancelled =
        first("#1004", "c@shop.example", "2024-02-04 10:00:00 +0100", "1", "99.00", "99.00").to_vec();
    cancelled.extend([("Cancelled at", "2024-02-04 11:00:00 +0100")]);
    let csv = export(
        SHOPIFY,
        ',',
        &[
            &first("#1001", "a@shop.example", "2024-01-01 09:00:00 +0100", "2", "10.00", "27.00"),
            &more("#1001", "1", "8.00", "1.00"),
            &first("#1002", "b@shop.example", "2024-01-15 23:30:00 -0500", "1", "20.00", "20.00"),
            &refunded,
            &cancelled,
        ],
    );
    insta::assert_snapshot!(rfm_of("orders_export.csv", &csv), @r#"
    exit: 0
    ── stdout
    customer_id,recency_days,orders,spend
    a@shop.example,34,1,27
    b@shop.example,1,2,37.5
    ── stderr
    note: orders_export.csv: revenue is Lineitem quantity × Lineitem price, not column "Total", which does not agree with them line by line
    rejected 1 row (99.00): cancelled, voided or never paid
    2 customers from 4 of 5 rows; 0 kept without a net purchase
    "#);
}

#[test]
fn lines_of_an_order_belong_together_across_row_groups() {
    let mut cells = ["", "", ""].map(|_| Vec::new());
    let mut rows = |n: usize, order: &str, customer: Option<&'static str>| {
        for _ in 0..n {
            cells[0].push(Some(order.to_owned()));
            cells[1].push(customer.map(str::to_owned));
            cells[2].push(customer.map(|_| "2024-01-01 09:00:00".to_owned()));
        }
    };
    rows(1, "#1", Some("a@shop.example"));
    rows(40, "#1", None);
    rows(1, "#2", Some("b@shop.example"));
    rows(17, "#2", None);
    let n = cells[0].len();
    let prices = StringArray::from_iter_values((1..=n).map(|price| price.to_string()));
    let columns = ["Order ID", "Email", "Created at"].into_iter().zip(cells);
    let columns = columns.map(|(name, cells)| (name, Arc::new(StringArray::from(cells)) as ArrayRef));
    let columns = columns.chain([("Lineitem price", Arc::new(prices) as ArrayRef)]);
    let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(n, c)| (n, c, true))).unwrap();
    let small_groups = WriterProperties::builder().set_max_row_group_row_count(Some(5)).build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(small_groups)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let folder = Folder::with("orders.parquet", bytes);
    let ran = folder.habitue(&["features", "orders.parquet", "--features", "spend", "--quiet"]).succeeded();
    assert_eq!(
        ran.stdout,
        "customer_id,recency_days,orders,spend\na@shop.example,1,1,861\nb@shop.example,1,1,909\n"
    );
}

const WOOCOMMERCE: &str = "order_id,order_date,order_status,customer_id,billing_first_name,billing_last_name,billing_email,billing_phone,billing_address_1,billing_city,billing_state,billing_postcode,billing_country,shipping_address_1,shipping_city,shipping_state,shipping_postcode,shipping_country,order_total,order_currency,payment_method";

#[test]
fn woocommerce_orders_that_failed_do_not_count() {
    let order = |id, at, status, customer, total| {
        [
            ("order_id", id),
            ("order_date", at),
            ("order_status", status),
            ("customer_id", customer),
            ("order_total", total),
            ("order_currency", "USD"),
        ]
    };
    let csv = export(
        WOOCOMMERCE,
        ',',
        &[
            &order("11", "2024-03-01 08:00:00", "wc-completed", "7", "40.00"),
            &order("12", "2024-03-05 08:00:00", "wc-failed", "7", "1000.00"),
            &order("13", "2024-03-09 08:00:00", "wc-processing", "8", "15.25"),
            &order("14", "2024-03-10 08:00:00", "wc-cancelled", "8", "2000.00"),
            &order("15", "2024-03-11 08:00:00", "wc-completed", "7", "2.50"),
        ],
    );
    insta::assert_snapshot!(rfm_of("orders.csv", &csv), @r"
    exit: 0
    ── stdout
    customer_id,recency_days,orders,spend
    7,1,2,42.5
    8,3,1,15.25
    ── stderr
    rejected 2 rows (3000.00): cancelled, voided or never paid
    2 customers from 3 of 5 rows; 0 kept without a net purchase
    ");
}

const STRIPE: &str = "id,created,amount,currency,status,customer_email,card_brand,card_last4,card_fingerprint,ip_address,user_agent,metadata";

#[test]
fn stripe_payments_are_orders_of_an_email() {
    let payment = |id, at, amount, status, email| {
        [
            ("id", id),
            ("created", at),
            ("amount", amount),
            ("currency", "usd"),
            ("status", status),
            ("customer_email", email),
        ]
    };
    let csv = export(
        STRIPE,
        ',',
        &[
            &payment("pi_1", "2024-05-01 12:00", "20.00", "succeeded", "a@shop.example"),
            &payment("pi_2", "2024-05-02 12:00", "35.50", "succeeded", "b@shop.example"),
            &payment("pi_3", "2024-05-03 12:00", "500.00", "failed", "b@shop.example"),
            &payment("pi_4", "2024-05-04 12:00", "4.50", "succeeded", "a@shop.example"),
        ],
    );
    insta::assert_snapshot!(rfm_of("payments.csv", &csv), @r"
    exit: 0
    ── stdout
    customer_id,recency_days,orders,spend
    a@shop.example,1,2,24.5
    b@shop.example,3,1,35.5
    ── stderr
    rejected 1 row (500.00): cancelled, voided or never paid
    2 customers from 3 of 4 rows; 0 kept without a net purchase
    ");
}

const AMAZON: &str = "order-id\torder-date\torder-status\tship-city\tship-state\tship-postal-code\tship-country\titem-price\tcurrency\tpayment-date\tbilling-name\tbuyer-email\tpurchase-date";

#[test]
fn amazon_reports_are_parted_by_tabs_and_name_the_buyer() {
    let order = |id, at, price, email| {
        [
            ("order-id", id),
            ("order-date", at),
            ("purchase-date", at),
            ("order-status", "Shipped"),
            ("item-price", price),
            ("currency", "GBP"),
            ("buyer-email", email),
        ]
    };
    let txt = export(
        AMAZON,
        '\t',
        &[
            &order("202-1", "2024-06-01T10:00:00+00:00", "12.99", "x@market.example"),
            &order("202-2", "2024-06-02T10:00:00+00:00", "7.01", "y@market.example"),
            &order("202-3", "2024-06-20T10:00:00+00:00", "100.00", "x@market.example"),
        ],
    );
    insta::assert_snapshot!(rfm_of("orders.txt", &txt), @r"
    exit: 0
    ── stdout
    customer_id,recency_days,orders,spend
    x@market.example,1,2,112.99
    y@market.example,19,1,7.01
    ── stderr
    2 customers from 3 of 3 rows; 0 kept without a net purchase
    ");
}

const ETSY: &str = "Sale Date,Item Name,Quantity,Price,Discount Amount,Coupon Code,Shipping,Sales Tax,Order Total,Transaction ID,Listing ID,Date Paid,Date Shipped,Ship Name,Ship Address1,Ship City,Ship State,Ship Zipcode,Ship Country,Order ID,Variations,Buyer,Order Type,Payment Type,InPerson Sale,VAT Paid by Buyer";

#[test]
fn etsy_order_totals_are_not_added_up_line_by_line() {
    let sold = |day, quantity, price, total, transaction, order, buyer| {
        [
            ("Sale Date", day),
            ("Item Name", "Ring"),
            ("Quantity", quantity),
            ("Price", price),
            ("Order Total", total),
            ("Transaction ID", transaction),
            ("Order ID", order),
            ("Buyer", buyer),
        ]
    };
    let csv = export(
        ETSY,
        ',',
        &[
            &sold("01/16/24", "2", "5.00", "40.00", "901", "501", "anna"),
            &sold("01/16/24", "3", "10.00", "40.00", "902", "501", "anna"),
            &sold("02/20/24", "1", "9.00", "9.00", "903", "502", "bert"),
            &sold("03/25/24", "1", "11.00", "11.00", "904", "503", "anna"),
        ],
    );
    insta::assert_snapshot!(rfm_of("sold.csv", &csv), @r#"
    exit: 0
    ── stdout
    customer_id,recency_days,orders,spend
    anna,1,2,51
    bert,35,1,9
    ── stderr
    note: sold.csv: revenue is Quantity × Price, not column "Order Total", which does not agree with them line by line
    note: dates such as 03/04/2011 are read with the month first (March 4th)
    2 customers from 4 of 4 rows; 0 kept without a net purchase
    "#);
}

const BIGCOMMERCE: &str = "Order ID,Order Date,Delivery Date,Order Status,Order Total,Cart Base Amount,Tax Total,Shipping Total,Refund Amount,Payment Method,Card Number (Last 4),First Name,Last Name,Email Address,Phone,Billing Street 1,Billing City,Billing State,Billing Zip Code,Billing Country,Shipping Street 1,Shipping City,Shipping State,Shipping Zip Code,Shipping Country,IP Address,Customer Message,Staff Notes";

#[test]
fn bigcommerce_refunds_are_taken_off() {
    let order = |id, day, total, refund, email| {
        [
            ("Order ID", id),
            ("Order Date", day),
            ("Order Status", "Completed"),
            ("Order Total", total),
            ("Refund Amount", refund),
            ("Email Address", email),
        ]
    };
    let csv = export(
        BIGCOMMERCE,
        ',',
        &[
            &order("1", "2024-04-01", "50.00", "0.00", "k@shop.example"),
            &order("2", "2024-04-03", "20.00", "5.00", "l@shop.example"),
            &order("3", "2024-04-05", "30.00", "0.00", "l@shop.example"),
        ],
    );
    insta::assert_snapshot!(rfm_of("orders.csv", &csv), @r"
    exit: 0
    ── stdout
    customer_id,recency_days,orders,spend
    k@shop.example,5,1,50
    l@shop.example,1,2,45
    ── stderr
    2 customers from 3 of 3 rows; 0 kept without a net purchase
    ");
}

#[test]
fn baskets_without_a_price_say_what_is_missing() {
    let csv =
        "Member_number,Date,itemDescription\n1808,21-07-2015,tropical fruit\n2552,05-01-2015,whole milk\n";
    insta::assert_snapshot!(rfm_of("groceries.csv", csv), @r"
    exit: 1
    ── stdout
    ── stderr
    error: groceries.csv: no column found for amount (or unit_price); the columns are: Member_number, Date, itemDescription

    hint: name the columns with map amount=…; an orders file needs who, when and how much
    ");
}

#[test]
fn a_grocers_weights_do_not_touch_spend() {
    // Quantities of fuel in 1/1000 gallon beside the money that was paid.
    let csv = "household_id,store_id,basket_id,product_id,quantity,sales_value,retail_disc,transaction_timestamp\n\
               1,9,31198459904,5978656,14001,41.00,0.00,2017-01-01 11:53:26\n\
               1,9,31198459905,88,2,3.98,0.52,2017-01-09 12:10:28\n\
               2,9,31198459906,88,1,1.99,0.26,2017-01-10 12:10:28\n";
    insta::assert_snapshot!(rfm_of("transactions.csv", csv), @r"
    exit: 0
    ── stdout
    customer_id,recency_days,orders,spend
    1,2,2,44.98
    2,1,1,1.99
    ── stderr
    2 customers from 3 of 3 rows; 0 kept without a net purchase
    ");
}
