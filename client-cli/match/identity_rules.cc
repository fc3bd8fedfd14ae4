// ID-1, ID-2, ID-3, TWICE-1: is this answer about this trade, and of this order? Was it ordered
// twice?
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "client-cli/match/match.h"

namespace tallystick {
namespace {

void CompareId(absl::string_view service, const Uuid& asked, const Uuid* answered,
               std::vector<Warning>& warnings) {
  if (answered == nullptr || *answered == asked) return;
  warnings.push_back({"ID-1",
                      Severity::kAlarm,
                      absl::StrCat(service, " answered about another trade"),
                      {{"service", std::string(service)},
                       {"asked", asked.ToString()},
                       {"answered", answered->ToString()}}});
}

void CompareDigest(absl::string_view service, const std::string& ours, const StatusHeader* status,
                   std::vector<Warning>& warnings) {
  if (status == nullptr || status->contents_digest == ours) return;
  warnings.push_back({"ID-2",
                      Severity::kAlarm,
                      absl::StrCat(service, " holds other order contents than you ordered"),
                      {{"service", std::string(service)},
                       {"ledger", absl::BytesToHexString(ours)},
                       {"answered", absl::BytesToHexString(status->contents_digest)}}});
}

template <typename Status>
void CompareKnown(absl::string_view service, const TradeView& view, const Answer<Status>& answer,
                  const MatchSettings& settings, std::vector<Warning>& warnings) {
  if (answer.kind != Answer<Status>::kNotFound) return;
  const absl::Duration age = answer.ask_time - view.place_time;
  if (age <= settings.unknown_grace) return;
  warnings.push_back({"ID-3",
                      Severity::kAlarm,
                      absl::StrCat(service, " does not know this trade"),
                      {{"service", std::string(service)},
                       {"placed", absl::FormatTime(view.place_time, absl::UTCTimeZone())}}});
}

template <typename Status>
const Uuid* IdOf(const Answer<Status>& answer) {
  return answer.get() == nullptr ? nullptr : &answer.status.trading_id;
}

}  // namespace

std::vector<Warning> CheckTradingIds(const TradeView& view, const MatchSettings&, absl::Time) {
  std::vector<Warning> warnings;
  const Uuid& asked = view.contents.trading_id;
  CompareId("shopping", asked, IdOf(view.order), warnings);
  CompareId("payment", asked, IdOf(view.payment), warnings);
  CompareId("delivery", asked, IdOf(view.delivery), warnings);
  CompareId("shopping (its account of all three)", asked, IdOf(view.shops_word), warnings);
  return warnings;
}

std::vector<Warning> CheckDigests(const TradeView& view, const MatchSettings&, absl::Time) {
  std::vector<Warning> warnings;
  CompareDigest("shopping", view.contents_digest, view.order.get(), warnings);
  CompareDigest("payment", view.contents_digest, view.payment.get(), warnings);
  CompareDigest("delivery", view.contents_digest, view.delivery.get(), warnings);
  return warnings;
}

std::vector<Warning> CheckKnown(const TradeView& view, const MatchSettings& settings, absl::Time) {
  std::vector<Warning> warnings;
  CompareKnown("shopping", view, view.order, settings, warnings);
  CompareKnown("payment", view, view.payment, settings, warnings);
  CompareKnown("delivery", view, view.delivery, settings, warnings);
  CompareKnown("shopping (its account of all three)", view, view.shops_word, settings, warnings);
  return warnings;
}

std::vector<Warning> CheckTwin(const TradeView& view, const MatchSettings&, absl::Time) {
  if (!view.twin) return {};
  return {{"TWICE-1",
           Severity::kNotice,
           "you ordered the same shortly before; if that was not meant, cancel one of the two",
           {{"other trade", view.twin->trading_id.ToString()},
            {"ordered", absl::FormatTime(view.twin->order_time, absl::UTCTimeZone())}}}};
}

}  // namespace tallystick
