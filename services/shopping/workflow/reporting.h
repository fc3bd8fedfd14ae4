// A batch of reports on its way into the database.
#pragma once

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "platform/relay/apply_numbered.h"
#include "services/shopping/domain/report_rules.h"
#include "services/shopping/workflow/shop_unit.h"

namespace tallystick::shopping {

// Decides with what the unit has read; Save, once, writes what came of it.
template <ShopUnit Unit, SequenceRules Rules = ReportRules>
class Reporting {
 public:
  // `patience`: see OrderOptions.
  Reporting(Unit& unit, absl::Duration patience) : unit_(unit), patience_(patience) {}

  // Answers each report, in order.
  std::vector<absl::StatusOr<ApplyAnswer>> Apply(std::span<const StatusReport> reports) {
    std::vector<Uuid> noticed;
    auto answers = ApplyNumbered<Rules>(
        unit_, reports,
        [&](const Uuid&, Change change) {
          for (const GoodsQuantity& goods : change.stock_back) {
            stock_back_[goods.sku] += goods.quantity;
          }
          PutChange(unit_, std::move(change));
        },
        [&](const Uuid& id) { noticed.push_back(id); });
    std::ranges::move(NoticedOf(unit_, noticed, patience_), std::back_inserter(unit_.work()));
    return answers;
  }

  void Save() {
    unit_.Save();
    unit_.AddToStock(Summed(stock_back_));
  }

 private:
  Unit& unit_;
  const absl::Duration patience_;
  std::map<std::string, int64_t> stock_back_;
};

}  // namespace tallystick::shopping
