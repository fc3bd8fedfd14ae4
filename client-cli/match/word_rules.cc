// WORD-1: does the shop's account of payment and delivery agree with their own?
#include "absl/strings/str_cat.h"
#include "client-cli/match/match.h"

namespace tallystick {
namespace {

template <typename Status>
void Compare(const std::string& service, const std::optional<Status>& word,
             const Answer<Status>& answer, absl::Time word_time, const MatchSettings& settings,
             std::vector<Warning>& warnings) {
  const Status* own = answer.get();
  if (own == nullptr) return;
  const int64_t word_revision = word ? word->revision : 0;
  std::string sentence;
  if (word_revision == own->revision) {
    if (word && *word != *own) {
      sentence =
          absl::StrCat("the shop's account of ", service, " is not what ", service, " says itself");
    }
  } else if (word_revision < own->revision) {
    // A report may be on its way, but not for ever.
    if (word_time - own->update_time > settings.report_delay + settings.clock_skew) {
      sentence = absl::StrCat("the shop has not heard of what ", service, " did long ago");
    }
  } else if (answer.ask_time - word->update_time > settings.report_delay + settings.clock_skew) {
    sentence = absl::StrCat("the shop tells of something that ", service, " does not know");
  }
  if (sentence.empty()) return;
  warnings.push_back(
      {"WORD-1",
       Severity::kWarning,
       sentence,
       {{"service", service},
        {"shopping says",
         word ? absl::StrCat(ToString(word->state), ", revision ", word_revision) : "nothing yet"},
        {service + " says", absl::StrCat(ToString(own->state), ", revision ", own->revision)}}});
}

}  // namespace

std::vector<Warning> CheckShopsWord(const TradeView& view, const MatchSettings& settings,
                                    absl::Time) {
  std::vector<Warning> warnings;
  const TradingStatus* word = view.shops_word.get();
  if (word == nullptr) return warnings;
  const absl::Time asked = view.shops_word.ask_time;
  Compare("payment", word->payment, view.payment, asked, settings, warnings);
  Compare("delivery", word->delivery, view.delivery, asked, settings, warnings);
  const OrderStatus* order = view.order.get();
  if (order != nullptr && order->revision == word->order.revision && *order != word->order) {
    warnings.push_back({"WORD-1",
                        Severity::kWarning,
                        "the shop gives two accounts of one state of the order",
                        {{"revision", absl::StrCat(order->revision)},
                         {"order status", ToString(order->state)},
                         {"trading status", ToString(word->order.state)}}});
  }
  return warnings;
}

}  // namespace tallystick
