package dev.pipelinetracker.local;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;

/** The three organizations whose events the local mode publishes. */
final class DemoOrganizations {

    static final List<DemoOrganization> ALL = List.of(
            new DemoOrganization(
                    UUID.fromString("11111111-1111-4111-8111-111111111111"),
                    "Juniper Health Partners",
                    "juniper-health",
                    "healthcare",
                    List.of(
                            new DemoSource(
                                    "claims-837",
                                    "Medical claims (837)",
                                    "🩺",
                                    "claims",
                                    42_000,
                                    "payer",
                                    List.of("Medicare", "Medicaid", "Blue Shield", "Aetna", "Self-pay"),
                                    "billed_amount"),
                            new DemoSource(
                                    "lab-results",
                                    "Lab results, HL7 feed",
                                    "🧪",
                                    "results",
                                    18_500,
                                    "panel",
                                    List.of("Lipid", "CBC", "Metabolic", "Thyroid", "HbA1c"),
                                    "turnaround_hours"),
                            new DemoSource(
                                    "ehr-admissions",
                                    "EHR admissions",
                                    "🏥",
                                    "admissions",
                                    2_400,
                                    "ward",
                                    List.of("Emergency", "Cardiology", "Maternity", "Orthopedics"),
                                    "length_of_stay_days"),
                            new DemoSource(
                                    "pharmacy-fills",
                                    "Pharmacy fills",
                                    "💊",
                                    "fills",
                                    9_800,
                                    "drug_class",
                                    List.of("Statins", "Insulins", "Antibiotics", "Opioids"),
                                    "days_supplied"),
                            new DemoSource(
                                    "patient-surveys",
                                    "Patient surveys (free text)",
                                    "📝",
                                    "answers",
                                    650,
                                    "theme",
                                    List.of("Waiting time", "Staff", "Billing", "Food"),
                                    "mentions"))),
            new DemoOrganization(
                    UUID.fromString("22222222-2222-4222-8222-222222222222"),
                    "Harbor & Vale Bank",
                    "harbor-vale",
                    "finance",
                    List.of(
                            new DemoSource(
                                    "card-transactions",
                                    "Card transactions",
                                    "💳",
                                    "transactions",
                                    260_000,
                                    "merchant_type",
                                    List.of("Groceries", "Travel", "Fuel", "Dining", "Online"),
                                    "amount"),
                            new DemoSource(
                                    "wire-transfers",
                                    "Wire transfers (pacs.008)",
                                    "🏦",
                                    "transfers",
                                    7_300,
                                    "corridor",
                                    List.of("EUR→USD", "GBP→EUR", "USD→CAD", "CHF→EUR"),
                                    "amount"),
                            new DemoSource(
                                    "loan-applications",
                                    "Loan applications",
                                    "📄",
                                    "applications",
                                    1_150,
                                    "product",
                                    List.of("Mortgage", "Car", "Small business", "Personal"),
                                    "approved"),
                            new DemoSource(
                                    "kyc-documents",
                                    "KYC documents",
                                    "🪪",
                                    "documents",
                                    430,
                                    "document_type",
                                    List.of("Passport", "Utility bill", "Articles of association"),
                                    "expired"),
                            new DemoSource(
                                    "fx-rates",
                                    "FX rates",
                                    "💱",
                                    "ticks",
                                    86_000,
                                    "pair",
                                    List.of("EURUSD", "GBPUSD", "USDJPY", "EURCHF"),
                                    "spread_bps"))),
            new DemoOrganization(
                    UUID.fromString("33333333-3333-4333-8333-333333333333"),
                    "Lumen Outfitters",
                    "lumen-outfitters",
                    "retail",
                    List.of(
                            new DemoSource(
                                    "pos-sales",
                                    "Point of sale",
                                    "🛒",
                                    "receipts",
                                    31_000,
                                    "store",
                                    List.of("Montréal", "Québec", "Halifax", "St. John's"),
                                    "revenue"),
                            new DemoSource(
                                    "web-orders",
                                    "Web shop orders",
                                    "🧺",
                                    "orders",
                                    12_700,
                                    "channel",
                                    List.of("Search", "Newsletter", "Direct", "Affiliate"),
                                    "revenue"),
                            new DemoSource(
                                    "inventory-levels",
                                    "Inventory levels",
                                    "📦",
                                    "items",
                                    54_000,
                                    "warehouse",
                                    List.of("East", "West", "Returns"),
                                    "units_on_hand"),
                            new DemoSource(
                                    "returns",
                                    "Returns",
                                    "↩️",
                                    "returns",
                                    1_900,
                                    "reason",
                                    List.of("Size", "Damaged", "Late", "Changed mind"),
                                    "units"),
                            new DemoSource(
                                    "product-reviews",
                                    "Product reviews",
                                    "👩‍💻",
                                    "reviews",
                                    3_600,
                                    "rating",
                                    List.of("1", "2", "3", "4", "5"),
                                    "reviews"))));

    private DemoOrganizations() {}

    /** Adds those that are missing to the table {@code organizations}, which must exist. */
    static void store(DataSource database) throws SQLException {
        String sql = """
                INSERT INTO organizations (id, name, slug, industry)
                VALUES (?, ?, ?, ?)
                ON CONFLICT DO NOTHING
                """;
        try (Connection connection = database.getConnection();
                PreparedStatement insert = connection.prepareStatement(sql)) {
            for (DemoOrganization organization : ALL) {
                insert.setObject(1, organization.id());
                insert.setString(2, organization.name());
                insert.setString(3, organization.slug());
                insert.setString(4, organization.industry());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }
}
