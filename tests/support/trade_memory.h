// The ledger of one trade, without a file.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "client-cli/match/match.h"
#include "client-cli/trade/view.h"

namespace tallystick::testing {

// What a ledger remembers of one trade, as client-cli/ledger keeps it in its tables.
class TradeMemory {
 public:
  // As the ledger's Observe.
  void Keep(const TradeView& view, absl::Time now) {
    const TradeView own = WithoutForeignAnswers(view);
    KeepOne(own.order, own.then.order, orders_, highest_.order, now);
    KeepOne(own.payment, own.then.payment, payments_, highest_.payment, now);
    KeepOne(own.delivery, own.then.delivery, deliveries_, highest_.delivery, now);
    for (const auto& sight : SightsOf(own)) sightings_.first.emplace(sight, now);
  }

  // As its Recall: what was seen before goes into a view.
  void Recall(TradeView& view) const {
    view.past = highest_;
    view.sightings = sightings_;
    RecallOne(view.order, view.then.order, orders_, view.past.order);
    RecallOne(view.payment, view.then.payment, payments_, view.past.payment);
    RecallOne(view.delivery, view.then.delivery, deliveries_, view.past.delivery);
  }

 private:
  template <typename Status>
  static void KeepOne(const Answer<Status>& now_answer, const Answer<Status>& then_answer,
                      std::vector<Status>& all, Past<Status>& past, absl::Time now) {
    for (const Answer<Status>* answer : {&then_answer, &now_answer}) {
      if (answer->get() == nullptr) continue;
      if (std::find(all.begin(), all.end(), answer->status) == all.end()) {
        all.push_back(answer->status);
      }
      if (!past.highest || answer->status.revision > past.highest->status.revision) {
        past.highest = {answer->status, now};
      }
    }
  }
  template <typename Status>
  static void RecallOne(const Answer<Status>& now, const Answer<Status>& then,
                        const std::vector<Status>& all, Past<Status>& past) {
    for (const Status& status : all) {
      const auto same = [&](const Answer<Status>& answer) {
        return answer.get() != nullptr && answer.status.revision == status.revision;
      };
      if (same(now) || same(then)) past.same_revision.push_back(status);
    }
  }

  ThreeOf<Past> highest_;
  Sightings sightings_;
  std::vector<OrderStatus> orders_;
  std::vector<PaymentStatus> payments_;
  std::vector<DeliveryStatus> deliveries_;
};

// The words of a warning, for the messages of tests.
inline std::string TextOf(const Warning& warning) {
  std::string text = warning.rule + ": " + warning.sentence + " (";
  for (const auto& [name, value] : warning.evidence) text += name + ": " + value + "; ";
  return text + ")";
}

}  // namespace tallystick::testing
