//! The words of the program about itself.

use crate::harness::Folder;

fn help(args: &[&str]) -> String {
    Folder::new().habitue(args).succeeded().stdout
}

#[test]
fn the_program_lists_its_verbs() {
    insta::assert_snapshot!(help(&["--help"]), @r"
    Named customer segments from the orders that a shop already has

    Usage: habitue <COMMAND>

    Commands:
      segment   Turn orders into named segments, actions, evidence and a model: the main job
      explore   Look at the data only: the customer base in figures, and a page
      assign    Place customers in the segments of a saved model
      compare   Tell who moved between two runs
      features  Write the customer table alone: id and every feature
      cluster   Cluster a table of numbers: the engine by itself
      fold      Fold orders into summaries, to be kept and folded on night by night
      generate  Write realistic orders of any size, to try things out
      print     Print what is built in, to copy and edit: rules, page, schema
      help      Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help
      -V, --version  Print version
    ");
}

#[test]
fn segment_has_help() {
    insta::assert_snapshot!(help(&["segment", "--help"]), @r#"
    Turn orders into named segments, actions, evidence and a model: the main job

    Usage: habitue segment [OPTIONS] [ORDERS]...

    Arguments:
      [ORDERS]...
              Orders (or a table of customers): CSV, TSV, Parquet, JSON lines or Excel files, folders or
              patterns of them, - for standard input

    Options:
      -o, --output <DIR>
              The folder for the results
              
              [default: habitue-results]

          --force
              Overwrite the results of another run

          --format <FORMAT>
              The format of the tables of customers

              Possible values:
              - csv:     Comma-separated values
              - parquet: Parquet
              - xlsx:    Excel
              
              [default: csv]

      -h, --help
              Print help (see a summary with '-h')

    Input:
          --summaries <FILE>...
              Fold on summaries written by `habitue fold`

          --map <ROLE=COLUMN,…>
              Name columns by role, e.g. customer="Customer ID",amount=Total; by number if there is no
              header

          --dates <DATES>
              Which comes first in dates such as 03/04/2011

              Possible values:
              - dmy: Day first
              - mdy: Month first

          --currency <CODE>
              The currency to keep where amounts are in several, e.g. EUR

          --delimiter <CHAR>
              What parts the columns of text files, if looking does not tell

          --no-header
              Text files have no header: columns are named 1, 2, 3, …

          --sheet <NAME>
              The sheet of a workbook to read

          --cleaning <CLEANING>
              What rows count: returns netted and duplicates dropped, or the usual cleaning of tutorials

              Possible values:
              - default: Returns netted, duplicates dropped where rows carry an order number
              - classic: Cancellations, returns and free items dropped, duplicates kept

          --as-of <YYYY-MM-DD>
              The day at which features are true [default: the day after the last line]

          --products <FILE>
              A file of products, one row each: code, name, category, list price, stock; joined on the
              product code

          --product-columns <ROLE=COLUMN,…>
              Name its columns by role, e.g.
              code=SKU,name=Title,category=Group,price=RRP,stock=Available

    Run:
          --memory <MB>
              Megabytes of lines held in memory before temporary files are used

          --threads <N>
              Threads to use [default: all]

          --config <FILE>
              Settings file [default: habitue.toml in this folder, if there is one]

      -q, --quiet
              Say nothing but errors

          --json
              Print the result as JSON to stdout

          --template <FILE>
              The page of the report in place of the built-in one, which `habitue print template` prints

          --dry-run
              Print the settings, all of them, and stop before anything is read

    Segments:
          --features <SET>
              The features to cluster on: core, rfm, behaviour, all, or names separated by commas
              [default: core]

          --k <N>
              The number of segments, instead of the verdict on it

          --min-segments <N>
              Fewest segments the shop can use [default: 3]

          --max-segments <N>
              Most segments the shop can work with [default: 8]

          --min-share <SHARE>
              Smallest share of customers in a segment, 0 to 1 [default: 0.02]

          --algorithm <NAME>
              How customers are grouped; compare tries all that suit and takes the one that ranks first
              [default: kmeans]
              
              [possible values: kmeans, bisecting, mini-batch, trimmed, mixture, ward, average,
              complete, single, dbscan, hdbscan, compare]

          --seed <N>
              The same seed gives the same segments [default: 0]

          --backtest <DAYS>
              Check segments formed so long before the as-of date against what customers did since: 90d,
              or off [default: 90d]

          --previous <DIR>
              The results of the run before: its segments keep their numbers and names, and the report
              says who moved. It may be the folder that is overwritten

          --horizon <TIME>
              How far ahead to forecast orders and spend: days (90d), weeks (26w) or years (1y)
              [default: 365d]

          --personas <FILE>
              Persona rules in place of the built-in ones

          --actions <FILE>
              Action rules in place of the built-in ones

    Examples:
      habitue segment data/online_retail.parquet
      habitue segment orders.csv -o results --k 5
      habitue segment 'exports/2024-*.csv.gz' --map customer="Customer E-Mail" --dates dmy
      habitue segment orders.csv --algorithm compare
      habitue segment orders.csv -o results --previous results --force
      habitue segment customers.csv --features "Age,Annual Income (k$),Spending Score (1-100)"
    "#);
}

#[test]
fn assign_has_help() {
    insta::assert_snapshot!(help(&["assign", "--help"]), @r#"
    Place customers in the segments of a saved model

    Usage: habitue assign [OPTIONS] <MODEL> [ORDERS]...

    Arguments:
      <MODEL>
              The model.json of a `habitue segment` run

      [ORDERS]...
              Orders (or a table of customers): CSV, TSV, Parquet, JSON lines or Excel files, folders or
              patterns of them, - for standard input

    Options:
      -o, --output <FILE>
              Where to write the table; its ending says the format (.csv, .parquet, .xlsx) [default: CSV
              to stdout]

          --rejects <FILE>
              Where to write rejected rows with their reasons

          --force
              Overwrite files that exist

      -h, --help
              Print help (see a summary with '-h')

    Input:
          --summaries <FILE>...
              Fold on summaries written by `habitue fold`

          --map <ROLE=COLUMN,…>
              Name columns by role, e.g. customer="Customer ID",amount=Total; by number if there is no
              header

          --dates <DATES>
              Which comes first in dates such as 03/04/2011

              Possible values:
              - dmy: Day first
              - mdy: Month first

          --currency <CODE>
              The currency to keep where amounts are in several, e.g. EUR

          --delimiter <CHAR>
              What parts the columns of text files, if looking does not tell

          --no-header
              Text files have no header: columns are named 1, 2, 3, …

          --sheet <NAME>
              The sheet of a workbook to read

          --cleaning <CLEANING>
              What rows count: returns netted and duplicates dropped, or the usual cleaning of tutorials

              Possible values:
              - default: Returns netted, duplicates dropped where rows carry an order number
              - classic: Cancellations, returns and free items dropped, duplicates kept

          --as-of <YYYY-MM-DD>
              The day at which features are true [default: the day after the last line]

    Run:
          --memory <MB>
              Megabytes of lines held in memory before temporary files are used

          --threads <N>
              Threads to use [default: all]

          --config <FILE>
              Settings file [default: habitue.toml in this folder, if there is one]

      -q, --quiet
              Say nothing but errors

          --json
              Print the result as JSON to stdout

    Examples:
      habitue assign habitue-results/model.json new_orders.csv -o placed.csv
      habitue assign model.json orders/*.parquet --as-of 2025-01-01 > placed.csv

    Customers that are unlike all that the model was fitted on get segment 0, "Fits none"; those whose
    returns ate up
    their purchases get segment 0, "No net purchase".
    "#);
}

#[test]
fn explore_has_help() {
    insta::assert_snapshot!(help(&["explore", "--help"]), @r#"
    Look at the data only: the customer base in figures, and a page

    Usage: habitue explore [OPTIONS] [ORDERS]...

    Arguments:
      [ORDERS]...
              Orders (or a table of customers): CSV, TSV, Parquet, JSON lines or Excel files, folders or
              patterns of them, - for standard input

    Options:
      -o, --output <FILE>
              The page to write
              
              [default: habitue-explore.html]

          --rejects <FILE>
              Where to write rejected rows with their reasons

          --force
              Overwrite files that exist

          --features <SET>
              The features that clustering would see: core, rfm, behaviour, all, or names separated by
              commas [default: core]

          --template <FILE>
              The page in place of the built-in one, which `habitue print template` prints

          --seed <N>
              The same seed gives the same figures [default: 0]

      -h, --help
              Print help (see a summary with '-h')

    Input:
          --summaries <FILE>...
              Fold on summaries written by `habitue fold`

          --map <ROLE=COLUMN,…>
              Name columns by role, e.g. customer="Customer ID",amount=Total; by number if there is no
              header

          --dates <DATES>
              Which comes first in dates such as 03/04/2011

              Possible values:
              - dmy: Day first
              - mdy: Month first

          --currency <CODE>
              The currency to keep where amounts are in several, e.g. EUR

          --delimiter <CHAR>
              What parts the columns of text files, if looking does not tell

          --no-header
              Text files have no header: columns are named 1, 2, 3, …

          --sheet <NAME>
              The sheet of a workbook to read

          --cleaning <CLEANING>
              What rows count: returns netted and duplicates dropped, or the usual cleaning of tutorials

              Possible values:
              - default: Returns netted, duplicates dropped where rows carry an order number
              - classic: Cancellations, returns and free items dropped, duplicates kept

          --as-of <YYYY-MM-DD>
              The day at which features are true [default: the day after the last line]

    Run:
          --memory <MB>
              Megabytes of lines held in memory before temporary files are used

          --threads <N>
              Threads to use [default: all]

          --config <FILE>
              Settings file [default: habitue.toml in this folder, if there is one]

      -q, --quiet
              Say nothing but errors

          --json
              Print the result as JSON to stdout

    Examples:
      habitue explore data/online_retail.parquet
      habitue explore orders.csv -o look.html --force
      habitue explore customers.csv --json > base.json
    "#);
}

#[test]
fn features_has_help() {
    insta::assert_snapshot!(help(&["features", "--help"]), @r#"
    Write the customer table alone: id and every feature

    Usage: habitue features [OPTIONS] [ORDERS]...

    Arguments:
      [ORDERS]...
              Orders (or a table of customers): CSV, TSV, Parquet, JSON lines or Excel files, folders or
              patterns of them, - for standard input

    Options:
          --features <SET>
              The features to write: core, rfm, behaviour, all, or names separated by commas
              
              [default: all]

      -o, --output <FILE>
              Where to write the table; its ending says the format (.csv, .parquet, .xlsx) [default: CSV
              to stdout]

          --rejects <FILE>
              Where to write rejected rows with their reasons

          --force
              Overwrite files that exist

      -h, --help
              Print help (see a summary with '-h')

    Input:
          --summaries <FILE>...
              Fold on summaries written by `habitue fold`

          --map <ROLE=COLUMN,…>
              Name columns by role, e.g. customer="Customer ID",amount=Total; by number if there is no
              header

          --dates <DATES>
              Which comes first in dates such as 03/04/2011

              Possible values:
              - dmy: Day first
              - mdy: Month first

          --currency <CODE>
              The currency to keep where amounts are in several, e.g. EUR

          --delimiter <CHAR>
              What parts the columns of text files, if looking does not tell

          --no-header
              Text files have no header: columns are named 1, 2, 3, …

          --sheet <NAME>
              The sheet of a workbook to read

          --cleaning <CLEANING>
              What rows count: returns netted and duplicates dropped, or the usual cleaning of tutorials

              Possible values:
              - default: Returns netted, duplicates dropped where rows carry an order number
              - classic: Cancellations, returns and free items dropped, duplicates kept

          --as-of <YYYY-MM-DD>
              The day at which features are true [default: the day after the last line]

    Run:
          --memory <MB>
              Megabytes of lines held in memory before temporary files are used

          --threads <N>
              Threads to use [default: all]

          --config <FILE>
              Settings file [default: habitue.toml in this folder, if there is one]

      -q, --quiet
              Say nothing but errors

          --json
              Print the result as JSON to stdout

    Examples:
      habitue features data/online_retail.parquet -o customers.csv
      habitue features orders.csv --features rfm > rfm.csv
      habitue features 2024/*.csv.gz --as-of 2025-01-01 -o customers.parquet
    "#);
}

#[test]
fn fold_has_help() {
    insta::assert_snapshot!(help(&["fold", "--help"]), @r#"
    Fold orders into summaries, to be kept and folded on night by night

    Usage: habitue fold [OPTIONS] --output <FILE> [ORDERS]...

    Arguments:
      [ORDERS]...
              Orders (or a table of customers): CSV, TSV, Parquet, JSON lines or Excel files, folders or
              patterns of them, - for standard input

    Options:
      -o, --output <FILE>
              Where to write the summaries

          --rejects <FILE>
              Where to write rejected rows with their reasons

          --force
              Overwrite files that exist

      -h, --help
              Print help (see a summary with '-h')

    Input:
          --summaries <FILE>...
              Fold on summaries written by `habitue fold`

          --map <ROLE=COLUMN,…>
              Name columns by role, e.g. customer="Customer ID",amount=Total; by number if there is no
              header

          --dates <DATES>
              Which comes first in dates such as 03/04/2011

              Possible values:
              - dmy: Day first
              - mdy: Month first

          --currency <CODE>
              The currency to keep where amounts are in several, e.g. EUR

          --delimiter <CHAR>
              What parts the columns of text files, if looking does not tell

          --no-header
              Text files have no header: columns are named 1, 2, 3, …

          --sheet <NAME>
              The sheet of a workbook to read

          --cleaning <CLEANING>
              What rows count: returns netted and duplicates dropped, or the usual cleaning of tutorials

              Possible values:
              - default: Returns netted, duplicates dropped where rows carry an order number
              - classic: Cancellations, returns and free items dropped, duplicates kept

          --as-of <YYYY-MM-DD>
              The day at which features are true [default: the day after the last line]

    Run:
          --memory <MB>
              Megabytes of lines held in memory before temporary files are used

          --threads <N>
              Threads to use [default: all]

          --config <FILE>
              Settings file [default: habitue.toml in this folder, if there is one]

      -q, --quiet
              Say nothing but errors

          --json
              Print the result as JSON to stdout

    Examples:
      habitue fold january.csv -o customers.parquet
      habitue fold february.csv --summaries customers.parquet -o customers.parquet --force
      habitue segment --summaries customers.parquet
    "#);
}

#[test]
fn print_has_help() {
    insta::assert_snapshot!(help(&["print", "--help"]), @r"
    Print what is built in, to copy and edit: rules, page, schema

    Usage: habitue print <WHAT>

    Arguments:
      <WHAT>
              What to print

              Possible values:
              - personas: What kind of segment it is, and its name: for --personas
              - actions:  What to do for each kind: for --actions
              - template: The page around the sections of the report: for --template
              - schema:   The JSON Schema of summary.json: every field with its meaning

    Options:
      -h, --help
              Print help (see a summary with '-h')

    Examples:
      habitue print personas > personas.toml
      habitue segment orders.csv --personas personas.toml
      habitue print template > page.html
      habitue segment orders.csv --template page.html
      habitue print schema > summary.schema.json
    ");
}

#[test]
fn generate_has_help() {
    insta::assert_snapshot!(help(&["generate", "--help"]), @r"
    Write realistic orders of any size, to try things out

    Usage: habitue generate [OPTIONS] --output <FILE>

    Options:
          --lines <N>      Lines to write [default: 100000]
          --seed <N>       The same seed gives the same file [default: 0]
      -o, --output <FILE>  Where to write the orders; its ending says the format (.csv, .parquet)
          --truth <FILE>   Where to write which kind each customer is of (CSV: customer_id, kind)
          --force          Overwrite files that exist
      -h, --help           Print help

    Run:
          --threads <N>  Threads to use [default: all]
      -q, --quiet        Say nothing but errors
          --json         Print the result as JSON to stdout

    Examples:
      habitue generate -o orders.csv
      habitue generate --lines 10000000 --seed 1 -o orders.parquet
      habitue generate -o orders.csv --truth kinds.csv && habitue segment orders.csv
    ");
}

#[test]
fn cluster_has_help() {
    insta::assert_snapshot!(help(&["cluster", "--help"]), @r"
    Cluster a table of numbers: the engine by itself

    Usage: habitue cluster [OPTIONS] <TABLE>...

    Arguments:
      <TABLE>...
              Tables of numbers, with or without header: CSV, TSV, Parquet, JSON lines or Excel files, -
              for standard input

    Options:
          --algorithm <NAME>
              How rows are grouped
              
              [default: kmeans]
              [possible values: kmeans, bisecting, mini-batch, trimmed, mixture, ward, average,
              complete, single, dbscan, hdbscan]

      -k, --n-clusters <K|auto>
              How many clusters, or auto; DBSCAN and HDBSCAN find the number themselves
              
              [default: auto]

          --max-clusters <K>
              Most clusters tried with auto
              
              [default: 20]

          --seed <S>
              The same seed gives the same labels
              
              [default: 0]

          --columns <NAME,…>
              The columns to use, by name (by number if there is no header) [default: all]

          --scale <SCALE>
              Bring all columns to one scale first

              Possible values:
              - standard: Mean 0, standard deviation 1
              - robust:   Median 0, interquartile range 1
              - min-max:  Lowest 0, highest 1
              - rank:     The share of rows below

      -h, --help
              Print help (see a summary with '-h')

    Algorithms:
          --eps <R>
              DBSCAN: the radius of a neighbourhood [default: from the data]

          --min-points <N>
              DBSCAN: rows within the radius that make a place dense [default: from the data]

          --min-cluster-size <N>
              HDBSCAN: rows that make a cluster

          --trimmed-share <SHARE>
              Trimmed k-means: the share of rows to set aside

          --covariance <COVARIANCE>
              Mixture: the shape of its components

              Possible values:
              - full:      Any ellipsoid each
              - tied:      One ellipsoid for all
              - diagonal:  Ellipsoids along the axes
              - spherical: Balls

    Input:
          --delimiter <CHAR>
              What parts the columns of text files, if looking does not tell

          --no-header
              Text files have no header: columns are named 1, 2, 3, …

    Output:
      -o, --output <FILE>
              Where to write the labels; its ending says the format (.csv, .parquet, .xlsx) [default:
              CSV to stdout]

          --force
              Overwrite files that exist

    Run:
          --threads <N>
              Threads to use [default: all]

      -q, --quiet
              Say nothing but errors

          --json
              Print centres, sizes and metrics as JSON to stdout

    Examples:
      habitue cluster points.csv --n-clusters 4 -o labels.csv
      habitue cluster points.parquet --algorithm hdbscan --json -o labels.csv
      habitue cluster customers.csv --columns age,income --scale standard --n-clusters auto
    ");
}

#[test]
fn compare_has_help() {
    insta::assert_snapshot!(help(&["compare", "--help"]), @r"
    Tell who moved between two runs

    Usage: habitue compare [OPTIONS] <OLD> <NEW>

    Arguments:
      <OLD>  The results of the older run: the folder that `habitue segment` wrote
      <NEW>  The results of the newer run

    Options:
      -o, --output <FILE>  Where to write it: a page (.html), or every customer with the old and the new
                           segment (.csv, .parquet, .xlsx); may be given twice
          --force          Overwrite files that exist
          --threads <N>    Threads to use [default: all]
      -q, --quiet          Say nothing but errors
          --json           Print the result as JSON to stdout
      -h, --help           Print help

    Examples:
      habitue compare results-november results-december
      habitue compare november december -o movement.html -o movement.csv

    Segments are matched by the customers that they share, and by their typical customers where they
    share few.
    ");
}

#[test]
fn every_verb_has_a_test_of_its_help() {
    let listed = help(&["--help"]);
    let verbs = listed.lines().skip_while(|l| *l != "Commands:").skip(1).take_while(|l| !l.is_empty());
    let verbs: Vec<&str> =
        verbs.filter_map(|l| l.split_whitespace().next()).filter(|v| *v != "help").collect();
    let tests = include_str!("help.rs");
    for verb in &verbs {
        assert!(tests.contains(&format!("help(&[\"{verb}\", \"--help\"])")), "{verb} has no test here");
    }
    assert!(verbs.len() >= 4, "{verbs:?}");
}

#[test]
fn a_flag_that_is_not_there_is_a_mistake_of_usage() {
    insta::assert_snapshot!(Folder::new().habitue(&["segment", "orders.csv", "--sead", "3"]), @r"
    exit: 2
    ── stdout
    ── stderr
    error: unexpected argument '--sead' found

      tip: a similar argument exists: '--seed'

    Usage: habitue segment --seed <N> <ORDERS>...

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(Folder::new().habitue(&["segment", "orders.csv", "--as-of", "10.12.2011"]), @r"
    exit: 2
    ── stdout
    ── stderr
    error: invalid value '10.12.2011' for '--as-of <YYYY-MM-DD>': write it as YYYY-MM-DD

    For more information, try '--help'.
    ");
    assert_eq!(Folder::new().habitue(&[]).status, 2);
}

#[test]
fn the_version_is_that_of_the_package() {
    assert_eq!(help(&["--version"]), format!("habitue {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn orders_must_be_given() {
    insta::assert_snapshot!(Folder::new().habitue(&["segment"]), @r"
    exit: 1
    ── stdout
    ── stderr
    error: no orders were given

    hint: give files of orders, folders or patterns of them, - for standard input, or summaries
    ");
}
