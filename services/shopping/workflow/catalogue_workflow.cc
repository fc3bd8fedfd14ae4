#include "services/shopping/workflow/catalogue_workflow.h"

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"
#include "platform/postgres/audit_table.h"
#include "services/shopping/store/catalogue_store.h"

namespace tallystick::shopping {
namespace {

constexpr char kUpsertRpc[] = "ShoppingOperations/UpsertProducts";
constexpr char kAdjustRpc[] = "ShoppingOperations/AdjustStock";

void AppendAudit(postgres::Transaction& transaction, const postgres::AuditEntry& entry) {
  postgres::AppendAudit(transaction, {&entry, 1});
}

absl::Status CannotChange(const std::string& sku, bool exists) {
  if (!exists) {
    return MakeError(absl::StatusCode::kInvalidArgument, "UNKNOWN_SKU",
                     absl::StrCat("the shop has no product ", sku, "; add it with UpsertProducts"),
                     {{"sku", sku}});
  }
  return MakeError(absl::StatusCode::kFailedPrecondition, "OUT_OF_STOCK",
                   absl::StrCat("the stock of ", sku, " would become negative"), {{"sku", sku}});
}

}  // namespace

absl::StatusOr<ProductPage> CatalogueWorkflow::List(const std::string& after_sku, int page_size) {
  return session_.Run([&](postgres::Transaction& transaction) {
    ProductPage page;
    page.products = ListProducts(transaction, after_sku, page_size + 1);
    page.more = static_cast<int>(page.products.size()) > page_size;
    if (page.more) page.products.pop_back();
    page.options = ListDeliveryOptions(transaction);
    return page;
  });
}

absl::Status CatalogueWorkflow::Upsert(const std::vector<Product>& products,
                                       const std::string& subject) {
  return session_
      .Run([&](postgres::Transaction& transaction) {
        UpsertProducts(transaction, products);
        AppendAudit(transaction, {{}, clock_(), subject, kUpsertRpc, "OK"});
        return true;
      })
      .status();
}

absl::Status CatalogueWorkflow::AdjustStock(const Uuid& request_id,
                                            const std::vector<StockAdjustment>& adjustments,
                                            const std::string& subject) {
  const absl::Status adjusted =
      session_
          .Run([&](postgres::Transaction& transaction) -> absl::StatusOr<bool> {
            bool same = true;
            if (!RecordAdjustments(transaction, request_id, adjustments, clock_(), &same)) {
              if (same) return true;
              return MakeError(absl::StatusCode::kInvalidArgument, "REQUEST_ID_REUSED",
                               "request_id: this id was used for other adjustments; make a new one",
                               {{"field", "request_id"}, {"request_id", request_id.ToString()}});
            }
            const std::set<std::string> failed = AddToStock(transaction, adjustments);
            AppendAudit(transaction, {{}, clock_(), subject, kAdjustRpc, "OK"});
            if (failed.empty()) return true;
            const std::string& sku = *failed.begin();
            return CannotChange(sku, !LoadCatalogue(transaction, {sku}).products.empty());
          })
          .status();
  // What was refused was rolled back, so its row stands alone.
  if (absl::IsFailedPrecondition(adjusted) || absl::IsInvalidArgument(adjusted)) {
    const auto audited = session_.Run([&](postgres::Transaction& transaction) {
      AppendAudit(transaction,
                  {{}, clock_(), subject, kAdjustRpc, postgres::AuditResult(adjusted)});
      return true;
    });
    if (!audited.ok()) return audited.status();
  }
  return adjusted;
}

}  // namespace tallystick::shopping
