// Whether payment, or delivery, is where the shop believes it to be with a trade, and what it is
// told again if not.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "platform/trade/report.h"
#include "services/shopping/store/keepsake.h"
#include "services/shopping/workflow/shop_unit.h"

namespace tallystick::shopping {

// What became of one trade.
struct Reconciled {
  bool in_step = false;   // all three speak of one state of affairs
  bool has_more = false;  // they have reported more than was read
  bool lost = false;      // one of them has lost something
  std::string trouble;    // a person has to decide; empty: nobody has to
  std::string difference;
  bool taken_back = false;  // something was lost there, and is there again
  // What they are to be told that the shop remembers; unset: nothing.
  std::optional<RememberedTrade> for_payment;
  std::optional<RememberedTrade> for_delivery;
};

// Of one unit; what is to be told again becomes work of it.
template <ShopUnit Unit>
class Meeting {
 public:
  // `key`: see keepsake.h. Both outlive this.
  Meeting(Unit& unit, const std::string& key) : unit_(unit), key_(key) {}

  // Whether the other one is where the shop believes it, and what to do if not.
  template <typename Status, typename Instruction>
  void Meet(const Order& order, const std::optional<Status>& heard, int64_t told,
            const TradeReports& theirs, const char* name, const std::vector<Instruction>& unheard,
            std::optional<RememberedTrade>& remembered, Reconciled& result) {
    const RevisionMark mark = HeardOf(heard);
    const TradePosition at = theirs.position.value_or(TradePosition{});
    const bool is_other =
        theirs.position && at.contents_digest != order.status.order.contents_digest;
    // What was read of it, it may still try to tell.
    if (!theirs.reports.empty() && !is_other) remembered = Remembered(order, heard);
    if (theirs.position && at.at == mark && at.instructions_applied == told) return;
    result.in_step = false;
    if (is_other) {
      result.trouble = absl::StrCat(name, " has another order under this id");
      return;
    }
    const bool has_lost = theirs.position ? !theirs.has_heard_revision : mark.revision > 0;
    if (has_lost) {
      result.lost = true;
      remembered = Remembered(order, heard);
    }
    result.difference = absl::StrCat(
        name, " is at revision ", at.at.revision, " with ", at.instructions_applied,
        " instructions, and the shop has heard of revision ", mark.revision, " and given ", told);
    const int64_t heard_applied = heard ? heard->instructions_applied : 0;
    const int64_t first = std::max(at.instructions_applied, heard_applied) + 1;
    for (int64_t number = first; number <= told; ++number) {
      const auto kept = std::ranges::find(unheard, number, &Instruction::sequence);
      if (kept == unheard.end()) {
        result.trouble = absl::StrCat(name, " has not heard instruction ", number,
                                      ", and the shop has not kept it");
        return;
      }
      TellAgain(order, *kept);
    }
  }

 private:
  void TellAgain(const Order& order, PaymentInstruction instruction) {
    GiveToKeep(instruction, order, key_);
    unit_.work().push_back(InstructionItem(order, instruction));
    unit_.work().back().anew = true;
  }
  void TellAgain(const Order& order, const DeliveryInstruction& instruction) {
    unit_.work().push_back(InstructionItem(order, instruction));
    unit_.work().back().anew = true;
  }

  template <typename Status>
  RememberedTrade Remembered(const Order& order, const std::optional<Status>& heard) const {
    constexpr bool kPayment = std::is_same_v<Status, PaymentStatus>;
    RememberedTrade trade{order.contents.trading_id, std::nullopt, order.buyer};
    if constexpr (kPayment) trade.keepsake = SealKeepsake(order, key_);
    if (!heard) return trade;
    StatusReport& report = trade.report.emplace();
    report.trading_id = trade.trading_id;
    report.status = *heard;
    report.keepsake = kPayment ? order.payment_keepsake : order.delivery_keepsake;
    return trade;
  }

  Unit& unit_;
  const std::string& key_;
};

}  // namespace tallystick::shopping
