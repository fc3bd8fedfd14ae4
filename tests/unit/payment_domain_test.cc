#include "services/payment/domain/payment.h"

#include <map>
#include <set>

#include "absl/strings/match.h"
#include "platform/trade/rollup.h"
#include "platform/trade/sequence.h"
#include "services/payment/domain/instruction_rules.h"
#include "services/payment/store/payment_store.h"
#include "tests/support/catch.h"

namespace tallystick::payment {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

PaymentInstruction Authorize(int64_t total, int64_t sequence = 1) {
  PaymentInstruction instruction;
  instruction.trading_id.bytes[0] = 1;
  instruction.sequence = sequence;
  instruction.what = AuthorizePayment{"alice",         "digest",        {"USD", total},
                                      Terms::kPrepaid, "pm_sandbox_ok", kNow + absl::Hours(1)};
  return instruction;
}

PaymentInstruction Capture(int64_t amount, int64_t sequence, std::string currency = "USD") {
  return {Authorize(0).trading_id, sequence, CapturePayment{amount, std::move(currency), "1"}};
}

PaymentInstruction Reduce(int64_t amount, int64_t sequence) {
  return {Authorize(0).trading_id, sequence, ReduceDue{amount, "USD", "test"}};
}

Payment Ended(const Payment& payment, int32_t number,
              TransactionState state = TransactionState::kSucceeded) {
  auto change = RecordOutcome(payment, number, {state, ""}, kNow);
  REQUIRE(change.has_value());
  return change->payment;
}

Payment Authorized(int64_t total) {
  auto change = Apply(nullptr, Authorize(total), kNow);
  REQUIRE(change.ok());
  REQUIRE(change->to_submit == std::vector<int32_t>{1});
  return Ended(change->payment, 1);
}

TEST_CASE("payment: authorized, captured, settled") {
  const Payment authorized = Authorized(1000);
  REQUIRE(authorized.status.state == PaymentState::kAuthorized);
  REQUIRE_FALSE(IsSettled(authorized.status));
  const auto capture = Apply(&authorized, Capture(1000, 2), kNow);
  REQUIRE(capture.ok());
  REQUIRE_FALSE(IsSettled(capture->payment.status));
  const Payment captured = Ended(capture->payment, 2);
  REQUIRE(captured.status.state == PaymentState::kCaptured);
  REQUIRE(captured.status.captured == 1000);
  REQUIRE(captured.status.schedule.completed == kNow);
  REQUIRE(IsSettled(captured.status));
}

TEST_CASE("payment: a capture waits until its authorization is decided, and is not used up") {
  const auto opened = Apply(nullptr, Authorize(1000), kNow);
  const PaymentInstruction capture = Capture(1000, 2);
  const auto early = ApplyOne<InstructionRules>(&opened->payment, capture, kNow);
  REQUIRE(early.answer.outcome == ApplyOutcome::kNotYet);
  REQUIRE_FALSE(early.change);
  REQUIRE(ApplyOne<InstructionRules>(&opened->payment, Capture(1001, 2), kNow).answer.outcome ==
          ApplyOutcome::kRefused);
  const Payment authorized = Ended(opened->payment, 1);
  REQUIRE(ApplyOne<InstructionRules>(&authorized, capture, kNow).change->to_submit.size() == 1);
  const Payment declined = Ended(opened->payment, 1, TransactionState::kFailed);
  REQUIRE(ApplyOne<InstructionRules>(&declined, capture, kNow).answer.outcome ==
          ApplyOutcome::kRefused);
}

TEST_CASE("payment: declined, nothing is due") {
  const auto opened = Apply(nullptr, Authorize(1000), kNow);
  const Payment declined = Ended(opened->payment, 1, TransactionState::kFailed);
  REQUIRE(declined.status.state == PaymentState::kDeclined);
  REQUIRE(declined.status.due == 0);
  REQUIRE(IsSettled(declined.status));
}

TEST_CASE("payment: less due voids what is authorized, refunds what is captured") {
  const Payment authorized = Authorized(1000);
  const auto voiding = Apply(&authorized, Reduce(1000, 2), kNow);
  REQUIRE(voiding->payment.status.transactions.back().type == TransactionType::kVoid);
  const Payment voided = Ended(voiding->payment, 2);
  REQUIRE(voided.status.state == PaymentState::kVoided);
  REQUIRE(IsSettled(voided.status));

  const auto capture = Apply(&authorized, Capture(600, 2), kNow);
  const Payment partly = Ended(capture->payment, 2);
  REQUIRE(partly.status.state == PaymentState::kPartiallyCaptured);
  // 1000 − 700 = 300 due: 400 authorized are given up, 300 of 600 captured come back.
  const auto reduced = Apply(&partly, Reduce(700, 3), kNow);
  REQUIRE(reduced->to_submit.size() == 2);
  Payment settled = Ended(Ended(reduced->payment, 3), 4);
  REQUIRE(settled.status.voided == 400);
  REQUIRE(settled.status.refunded == 300);
  REQUIRE(settled.status.state == PaymentState::kPartiallyRefunded);
  REQUIRE(IsSettled(settled.status));
}

TEST_CASE("payment: an authorization that is still unknown is voided once it is known") {
  const auto opened = Apply(nullptr, Authorize(1000), kNow);
  const Payment unknown = Ended(opened->payment, 1, TransactionState::kUnknown);
  REQUIRE(unknown.status.state == PaymentState::kScheduled);
  const auto reduced = Apply(&unknown, Reduce(1000, 2), kNow);
  REQUIRE(reduced->to_submit.empty());
  const auto known = RecordOutcome(reduced->payment, 1, {TransactionState::kSucceeded, ""}, kNow);
  REQUIRE(known->to_submit == std::vector<int32_t>{2});
  REQUIRE(known->payment.status.transactions[1].type == TransactionType::kVoid);
  REQUIRE(known->payment.status.transactions[1].amount == 1000);
}

TEST_CASE("payment: a refund or void that failed is not tried for ever") {
  const Payment authorized = Authorized(1000);
  const auto voiding = Apply(&authorized, Reduce(1000, 2), kNow);
  const auto failed = RecordOutcome(voiding->payment, 2, {TransactionState::kFailed, "no"}, kNow);
  REQUIRE(failed->to_submit.empty());
  REQUIRE(failed->payment.status.transactions.size() == 2);

  const auto capture = Apply(&authorized, Capture(1000, 2), kNow);
  const Payment captured = Ended(capture->payment, 2);
  const auto refunding = Apply(&captured, Reduce(1000, 3), kNow);
  const auto refused = RecordOutcome(refunding->payment, 3, {TransactionState::kFailed, ""}, kNow);
  REQUIRE(refused->to_submit.empty());
  REQUIRE_FALSE(IsSettled(refused->payment.status));
}

TEST_CASE("payment: an outcome counts once") {
  const Payment authorized = Authorized(1000);
  REQUIRE_FALSE(RecordOutcome(authorized, 1, {TransactionState::kSucceeded, ""}, kNow));
  REQUIRE_FALSE(RecordOutcome(authorized, 1, {TransactionState::kFailed, ""}, kNow));
  REQUIRE_FALSE(RecordOutcome(authorized, 7, {TransactionState::kSucceeded, ""}, kNow));
}

TEST_CASE("payment: unlawful instructions are refused and change nothing") {
  const Payment authorized = Authorized(1000);
  REQUIRE_FALSE(Apply(nullptr, Capture(1, 1), kNow).ok());
  REQUIRE_FALSE(Apply(&authorized, Authorize(1000, 2), kNow).ok());
  REQUIRE_FALSE(Apply(&authorized, Capture(1001, 2), kNow).ok());
  REQUIRE_FALSE(Apply(&authorized, Capture(0, 2), kNow).ok());
  REQUIRE_FALSE(Apply(&authorized, Capture(-5, 2), kNow).ok());
  REQUIRE_FALSE(Apply(&authorized, Capture(10, 2, "EUR"), kNow).ok());
  REQUIRE_FALSE(Apply(&authorized, Reduce(-1, 2), kNow).ok());
  // Two captures at once must not exceed what is due together.
  const auto first = Apply(&authorized, Capture(600, 2), kNow);
  REQUIRE_FALSE(Apply(&first->payment, Capture(600, 3), kNow).ok());
  const Payment skipped = SkipInstruction(authorized, Capture(1001, 2), "on purpose", kNow);
  REQUIRE(skipped.status.instructions_applied == 2);
  REQUIRE(skipped.status.revision == authorized.status.revision + 1);
}

TEST_CASE(
    "payment: a number that is given again is refused, unless it is to the same instruction") {
  const Payment authorized = Authorized(1000);
  const Payment captured = Apply(&authorized, Capture(600, 2), kNow)->payment;
  const Payment reduced = Apply(&captured, Reduce(100, 3), kNow)->payment;
  REQUIRE(RefusalOf(reduced, Capture(600, 2)).empty());
  REQUIRE(RefusalOf(reduced, Reduce(100, 3)).empty());
  REQUIRE(RefusalOf(reduced, Capture(500, 2)) ==
          "another instruction had number 2 before the shop lost what it told");
  REQUIRE_FALSE(RefusalOf(reduced, Capture(100, 3)).empty());
  REQUIRE_FALSE(RefusalOf(reduced, Reduce(101, 3)).empty());
  REQUIRE(RefusalOf(reduced, {Reduce(0, 3).trading_id, 3, ReduceDue{100, "USD", "in other words"}})
              .empty());
  // Of what came before payment kept that, nobody can say.
  Payment old = reduced;
  old.instructed.clear();
  REQUIRE(RefusalOf(old, Capture(500, 2)).empty());
  // What was refused stays so for its own reason.
  const Payment skipped = SkipInstruction(reduced, Capture(5000, 4), "too much", kNow);
  REQUIRE(RefusalOf(skipped, Capture(5000, 4)) == "too much");
  REQUIRE(PaymentCodec::Decode(PaymentCodec::Encode(skipped)) == skipped);
}

PaymentInstruction Plan(int64_t amount, int64_t sequence, absl::Time time) {
  PaymentInstruction instruction = Capture(amount, sequence);
  std::get<CapturePayment>(instruction.what).scheduled_time = time;
  return instruction;
}

TEST_CASE("payment: a planned capture begins at its date, for what is then still called for") {
  const absl::Time date = kNow + absl::Hours(24 * 30);
  Payment payment = Authorized(1000);
  const auto planned = Apply(&payment, Plan(1000, 2, date), kNow);
  REQUIRE(planned.ok());
  REQUIRE(planned->to_submit.empty());
  REQUIRE(planned->to_schedule.size() == 1);
  REQUIRE(planned->payment.status.schedule.scheduled == date);
  REQUIRE_FALSE(IsSettled(planned->payment.status));
  // A return before the date makes it smaller and releases the rest of the authorization.
  PaymentInstruction reduce = Reduce(300, 3);
  std::get<ReduceDue>(reduce.what).called_amount = 300;
  const auto reduced = Apply(&planned->payment, reduce, kNow);
  REQUIRE(reduced->payment.status.planned_captures[0].amount == 700);
  REQUIRE(reduced->to_submit == std::vector<int32_t>{2});
  REQUIRE(reduced->payment.status.transactions[1].type == TransactionType::kVoid);
  const auto begun = BeginPlanned(reduced->payment, 2, date);
  REQUIRE(begun->payment.status.planned_captures.empty());
  REQUIRE(begun->payment.status.transactions[2].amount == 700);
  REQUIRE_FALSE(BeginPlanned(begun->payment, 2, date).has_value());
  const Payment paid = Ended(Ended(begun->payment, 2), 3);
  REQUIRE(IsSettled(paid.status));
  // A date that has passed already is no plan.
  REQUIRE(Apply(&payment, Plan(1000, 2, kNow), kNow)->to_submit == std::vector<int32_t>{2});
}

TEST_CASE("payment: what came back of one shipment does not pay for the next") {
  Payment payment = Authorized(100);
  payment = Ended(Apply(&payment, Capture(50, 2), kNow)->payment, 2);
  PaymentInstruction returned = Reduce(50, 3);
  std::get<ReduceDue>(returned.what).called_amount = 50;
  const auto refund = Apply(&payment, returned, kNow);
  REQUIRE(refund->payment.status.due == 50);
  REQUIRE(refund->payment.status.transactions.back().type == TransactionType::kRefund);
  payment = Ended(refund->payment, 3);
  REQUIRE_FALSE(IsSettled(payment.status));
  const auto second = Apply(&payment, Capture(50, 4), kNow);
  REQUIRE(second.ok());
  payment = Ended(second->payment, 4);
  REQUIRE(payment.status.captured == 100);
  REQUIRE(payment.status.refunded == 50);
  REQUIRE(IsSettled(payment.status));
}

TEST_CASE("payment: what was refused to one shipment is not given back of another's") {
  Payment payment = Authorized(100);
  PaymentTransaction voided{2, TransactionType::kVoid, TransactionState::kSucceeded, 60};
  payment.status.transactions.push_back(voided);  // by instructions that were lost since
  payment.status.voided = 60;
  PaymentInstruction capture = Capture(60, 2);
  const auto refused = ApplyOne<InstructionRules>(&payment, capture, kNow);
  REQUIRE(refused.answer.outcome == ApplyOutcome::kRefused);
  payment = refused.change->payment;
  std::get<CapturePayment>(capture.what) = {40, "USD", "2"};
  capture.sequence = 3;
  payment = Ended(Apply(&payment, capture, kNow)->payment, 3);
  // Shipment 1 is lost on the way: the shop had called for its price.
  PaymentInstruction lost = Reduce(60, 4);
  std::get<ReduceDue>(lost.what).called_amount = 60;
  std::get<ReduceDue>(lost.what).called_for = {{"1", 60}};
  payment = PaymentCodec::Decode(PaymentCodec::Encode(payment));
  const auto reduced = Apply(&payment, lost, kNow);
  REQUIRE(reduced->to_submit.empty());
  REQUIRE(reduced->payment.status.due == 40);
  REQUIRE(reduced->payment.status.captured - reduced->payment.status.refunded == 40);
  REQUIRE(IsSettled(reduced->payment.status));
}

TEST_CASE("payment: a capture is known by its shipment, in whichever order it is told") {
  Payment payment = Authorized(100);
  PaymentInstruction first = Capture(60, 2);
  PaymentInstruction second = Capture(40, 3);
  std::get<CapturePayment>(second.what).shipment_id = "2";
  const auto told = [&](PaymentInstruction one, PaymentInstruction other) {
    one.sequence = 2;
    other.sequence = 3;
    const Payment begun = Apply(&payment, one, kNow)->payment;
    const Payment both = Apply(&begun, other, kNow)->payment;
    std::map<std::string, std::string> references;  // by shipment
    for (const PaymentTransaction& transaction : both.status.transactions) {
      references[transaction.shipment_id] = transaction.reference;
    }
    return references;
  };
  REQUIRE(told(first, second) == told(second, first));
  // What is tried once more after the bank refused is another one, so is what is voided.
  const Payment failed = Ended(Apply(&payment, first, kNow)->payment, 2, TransactionState::kFailed);
  const auto retried = Retry(failed, 2, kNow);
  const Payment reduced = Apply(&(*retried)->payment, Reduce(40, 3), kNow)->payment;
  std::set<std::string> references;
  for (const PaymentTransaction& transaction : reduced.status.transactions) {
    REQUIRE(references.insert(transaction.reference).second);
  }
  REQUIRE(references.size() == 4);
}

TEST_CASE("payment: one refund at a time, and none while a capture is under way") {
  Payment payment = Authorized(100);
  payment = Apply(&payment, Capture(60, 2), kNow)->payment;
  payment = Ended(Apply(&payment, Capture(40, 3), kNow)->payment, 2);
  PaymentInstruction returned = Reduce(30, 4);
  std::get<ReduceDue>(returned.what).called_amount = 30;
  payment = Apply(&payment, returned, kNow)->payment;
  REQUIRE(payment.status.transactions.size() == 3);
  // What is too much is known when all captures are: a payment that was lost and is told the same
  // once more, faster or slower, asks for the same under the same reference.
  auto change = RecordOutcome(payment, 3, {TransactionState::kSucceeded, ""}, kNow);
  REQUIRE(change->to_submit == std::vector<int32_t>{4});
  REQUIRE(change->payment.status.transactions[3].amount == 30);
  // The next one waits for it, however long nobody knows what became of it.
  payment = Ended(change->payment, 4, TransactionState::kUnknown);
  returned.sequence = 5;
  payment = Apply(&payment, returned, kNow)->payment;
  REQUIRE(payment.status.transactions.size() == 4);
  change = RecordOutcome(payment, 4, {TransactionState::kSucceeded, ""}, kNow);
  REQUIRE(change->to_submit == std::vector<int32_t>{5});
  payment = Ended(change->payment, 5);
  REQUIRE(payment.status.refunded == 60);
  REQUIRE(IsSettled(payment.status));
}

TEST_CASE("payment: a failed refund waits for a person and is retried once") {
  Payment payment = Authorized(100);
  payment = Ended(Apply(&payment, Capture(100, 2), kNow)->payment, 2);
  PaymentInstruction returned = Reduce(40, 3);
  std::get<ReduceDue>(returned.what).called_amount = 40;
  payment = Ended(Apply(&payment, returned, kNow)->payment, 3, TransactionState::kFailed);
  REQUIRE(payment.status.transactions.size() == 3);  // not tried again by itself
  REQUIRE(NeedsPerson(payment.status, payment.status.transactions[2]));
  const absl::Status paid_otherwise =
      RecordByHand(payment, 3, {}, {TransactionState::kSucceeded}, kNow).status();
  REQUIRE(absl::IsFailedPrecondition(paid_otherwise));
  REQUIRE(absl::StrContains(paid_otherwise.message(), "retry it"));
  const auto retried = Retry(payment, 3, kNow);
  // As the words say: the one that begins then is recorded.
  const auto recorded =
      RecordByHand((*retried)->payment, 4, {}, {TransactionState::kSucceeded}, kNow);
  REQUIRE(recorded.ok());
  REQUIRE((*recorded)->payment.status.transactions[3].state == TransactionState::kSucceeded);
  REQUIRE((*retried)->payment.status.transactions[3].retry_of == 3);
  REQUIRE((*retried)->payment.status.transactions[3].amount == 40);
  REQUIRE_FALSE(Retry((*retried)->payment, 3, kNow)->has_value());
  REQUIRE_FALSE(Retry(payment, 2, kNow).ok());  // it succeeded
  REQUIRE_FALSE(Retry(payment, 9, kNow).ok());
  payment = Ended((*retried)->payment, 4);
  REQUIRE_FALSE(NeedsPerson(payment.status, payment.status.transactions[2]));
  REQUIRE(IsSettled(payment.status));
}

}  // namespace
}  // namespace tallystick::payment
