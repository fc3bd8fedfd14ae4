// The reading of a trade: what the ledger holds, what came back and the time, put side by side so
// that each rule only compares. Pure.
#pragma once

#include <string>
#include <vector>

#include "client-cli/match/settings.h"
#include "client-cli/trade/view.h"
#include "client-cli/trade/warning.h"

namespace tallystick {

// One half of the tally is behind another: lawful for as long as a message takes.
struct Lag {
  enum Kind {
    kAheadOfShop,  // the service has changed and the shop has not heard of it
    kBehindShop,   // the shop has sent what the service has not done yet
  };
  Kind kind = kAheadOfShop;
  std::string service;
  int64_t steps = 0;
  absl::Time since;  // when the ledger saw it first
};

template <typename Status>
using StatusPointer = const Status*;

// Its order, payment and delivery are what holds now, null where there is no answer.
struct Reading : ThreeOf<StatusPointer> {
  // `view` must outlive the reading, and is without foreign answers (WithoutForeignAnswers).
  Reading(const TradeView& view, const MatchSettings& settings, absl::Time now);

  const TradeView& view;
  const MatchSettings& settings;
  const absl::Time now;
  const OrderContents& contents;

  const TradingStatus* word;  // the shop's account of all three

  // One state of affairs: the order, and payment and delivery just as far as that order had heard
  // of them, each by its own service. Null where there is none. Everything on it is related
  // exactly.
  ThreeOf<StatusPointer> cut;

  std::vector<Lag> lags;

  // All three answered, at revisions that know of each other, and nothing is on its way.
  bool in_step = false;

  std::string Amount(int64_t minor) const { return FormatMoney({contents.currency, minor}); }
};

}  // namespace tallystick
