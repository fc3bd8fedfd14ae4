#include "tests/faults/simulation/gateway.h"

#include "absl/strings/match.h"

namespace tallystick::simulation {

using payment::GatewayAnswer;
using payment::GatewayRequest;

namespace {

// By then what was decided is committed, or will never be.
constexpr std::chrono::seconds kCommitted(20);
constexpr size_t kUuidText = 36;  // a reference begins with its trade's id

bool IsAnother(const GatewayRequest& request, const BookedGateway::Entry& entry) {
  return request.type != entry.type || request.amount.minor != entry.amount;
}

}  // namespace

GatewayAnswer BookedGateway::Unknown() {
  world_.Count(Happening::kUnknown);
  return {GatewayAnswer::kUnknown, ""};
}

bool BookedGateway::IsForgotten(const std::string& reference, const Entry& entry) const {
  // (What was read before the loss is acted on after it, and not written down either.)
  if (!lost_time_ || entry.read > *lost_time_) return false;
  const auto known = taken_back_.find(reference.substr(0, kUuidText));
  return known == taken_back_.end() || read_time_ < known->second + kCommitted;
}

// Payment has lost what it did under this reference, and uses it for something else.
GatewayAnswer BookedGateway::OfAnother() {
  world_.Count(Happening::kReferenceOfAnother);
  return {GatewayAnswer::kUnknown, ""};
}

GatewayAnswer BookedGateway::Submit(const GatewayRequest& request) {
  if (world_.Happens(world_.plan.unknown / 2)) return Unknown();
  const auto found = book_.find(request.reference);
  if (found != book_.end() && IsAnother(request, found->second)) return OfAnother();
  if (found != book_.end()) {
    if (IsForgotten(request.reference, found->second)) {
      world_.Count(Happening::kSubmittedAfterLoss);
      return found->second.answer;
    }
    // Of two replicas one may be slower than its lease: it had looked before the other submitted.
    if (read_time_ > found->second.submitted) {
      world_.Violate("what may have been submitted is asked about, never submitted again",
                     absl::StrCat(ToString(request.type), " ", request.reference,
                                  " was submitted again by somebody who could know of it"));
    }
    world_.Count(Happening::kSubmittedByTwo);
    return found->second.answer;
  }
  Record(request, sandbox_.Ask(request));
  book_.at(request.reference).read = read_time_;
  if (world_.Happens(world_.plan.unknown / 2)) return Unknown();
  return book_.at(request.reference).answer;
}

GatewayAnswer BookedGateway::Ask(const GatewayRequest& request) {
  if (world_.Happens(world_.plan.unknown / 2)) return Unknown();
  const Entry* entry = Find(request.reference);
  if (entry != nullptr && IsAnother(request, *entry)) return OfAnother();
  if (entry != nullptr) world_.Count(Happening::kFoundInTheBook);
  return entry == nullptr ? GatewayAnswer{GatewayAnswer::kNeverHeardOf, ""} : entry->answer;
}

const BookedGateway::Entry* BookedGateway::Find(const std::string& reference) const {
  const auto found = book_.find(reference);
  return found == book_.end() ? nullptr : &found->second;
}

void BookedGateway::Record(const GatewayRequest& request, const GatewayAnswer& answer) {
  book_.emplace(request.reference, Entry{answer, request.type, request.amount.minor,
                                         world_.time.now(), world_.time.now()});
}

int64_t BookedGateway::Moved(const std::string& prefix, TransactionType type) const {
  int64_t sum = 0;
  for (auto at = book_.lower_bound(prefix);
       at != book_.end() && absl::StartsWith(at->first, prefix); ++at) {
    const Entry& entry = at->second;
    if (entry.type == type && entry.answer.verdict == GatewayAnswer::kSucceeded) {
      sum += entry.amount;
    }
  }
  return sum;
}

}  // namespace tallystick::simulation
