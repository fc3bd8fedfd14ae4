#include "tests/fuzz/message_mutator.h"

#include <limits>

#include "platform/trade/text.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace tallystick::fuzz {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int kDeepest = 6;
constexpr size_t kMaxText = 300;

std::map<std::string, std::vector<std::string>>& Words() {
  static std::map<std::string, std::vector<std::string>> words = {
      {"sku", {"SKU-0", "SKU-1", "SKU-2", "SKU-3", "NONE"}},
      {"currency_code", {"USD", "USD", "USD", "EUR", "JPY", ""}},
      {"shipment_id", {"1", "2", "3", ""}},
      {"return_id", {"R1", "R2"}},
      {"delivery_option", {"standard", "express", ""}},
      {"payment_method", {"pm_sandbox_ok", "pm_sandbox_declined", "4111 1111 1111 1111"}},
      {"buyer", {"alice", "bob"}},
      {"contents_digest", {std::string(32, 'd'), ""}},
      {"lines", {"Alice", "Street 1", "SANDBOX-SPLIT"}},
      {"type_url", {"type.googleapis.com/google.rpc.ErrorInfo"}},
      {"request_id",
       {"01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002"}},
      {"page_token", {"SKU-1", "1800000000000/01900000-0000-7000-8000-000000000001"}},
      {"", {"x", "", "grün", "\u202e", "\x1b[2J", "\u0085", "a\nb", "5500-0000-0000-0004"}}};
  return words;
}

std::string Mutated(std::string text) {
  const size_t before = text.size();
  text.resize(kMaxText);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(text.data()), before, kMaxText));
  return text;
}

}  // namespace

void MessageMutator::Learn(const std::string& field, const std::string& word) {
  Words()[field].push_back(word);
}

int64_t MessageMutator::Number(int64_t before, bool sensible) {
  static constexpr int64_t kLimits[] = {0,
                                        -1,
                                        std::numeric_limits<int64_t>::max(),
                                        std::numeric_limits<int64_t>::min(),
                                        std::numeric_limits<int32_t>::max(),
                                        1'000'000,
                                        1'000'000'000'000,
                                        10'000,
                                        1'800'000'000};
  if (sensible) return static_cast<int64_t>(Pick(4));
  switch (Pick(5)) {
    case 0: return kLimits[Pick(std::size(kLimits))];
    case 1: return static_cast<int64_t>(static_cast<uint64_t>(before) + 1);
    case 2: return static_cast<int64_t>(static_cast<uint64_t>(before) - 1);
    case 3: return static_cast<int64_t>(Pick(12));
    default: return static_cast<int64_t>(static_cast<uint64_t>(random_()) << Pick(34));
  }
}

std::string MessageMutator::Text(const Field* field, std::string before, bool sensible) {
  auto words = Words().find(field->name());
  if (words == Words().end() && field->name() == "trading_ids") words = Words().find("trading_id");
  if (words == Words().end() || (!sensible && Pick(4) == 0)) words = Words().find("");
  const std::string& word = words->second[Pick(words->second.size())];
  if (sensible || Pick(3) > 0) return word;
  std::string text = Mutated(std::move(before));
  if (field->type() == Field::TYPE_STRING && !IsValidUtf8(text) && Pick(16) > 0) {
    for (char& c : text) c = static_cast<char>(c & 0x7f);
  }
  return text;
}

void MessageMutator::Put(Message* message, const Field* field, int index, bool sensible) {
  const Reflection* reflection = message->GetReflection();
  const bool one = !field->is_repeated();
  const auto put = [&](auto value, auto set, auto set_repeated, auto add) {
    if (one) {
      (reflection->*set)(message, field, std::move(value));
    } else if (index >= 0) {
      (reflection->*set_repeated)(message, field, index, std::move(value));
    } else {
      (reflection->*add)(message, field, std::move(value));
    }
  };
  switch (field->cpp_type()) {
    case Field::CPPTYPE_INT64: {
      const int64_t before = one          ? reflection->GetInt64(*message, field)
                             : index >= 0 ? reflection->GetRepeatedInt64(*message, field, index)
                                          : 0;
      return put(Number(before, sensible), &Reflection::SetInt64, &Reflection::SetRepeatedInt64,
                 &Reflection::AddInt64);
    }
    case Field::CPPTYPE_INT32:
      return put(
          static_cast<int32_t>(Number(one ? reflection->GetInt32(*message, field) : 0, sensible)),
          &Reflection::SetInt32, &Reflection::SetRepeatedInt32, &Reflection::AddInt32);
    case Field::CPPTYPE_BOOL:
      return put(Pick(2) == 0, &Reflection::SetBool, &Reflection::SetRepeatedBool,
                 &Reflection::AddBool);
    case Field::CPPTYPE_ENUM: {
      const auto count = static_cast<size_t>(field->enum_type()->value_count());
      return put(static_cast<int>(sensible ? 1 + Pick(count - 1) : Pick(count + 2)),
                 &Reflection::SetEnumValue, &Reflection::SetRepeatedEnumValue,
                 &Reflection::AddEnumValue);
    }
    case Field::CPPTYPE_STRING: {
      std::string before = one          ? reflection->GetString(*message, field)
                           : index >= 0 ? reflection->GetRepeatedString(*message, field, index)
                                        : "";
      return put(Text(field, std::move(before), sensible), &Reflection::SetString,
                 &Reflection::SetRepeatedString, &Reflection::AddString);
    }
    default: return;  // the messages have no other types
  }
}

void MessageMutator::MutateField(Message* message, const Field* field) {
  const Reflection* reflection = message->GetReflection();
  const bool is_message = field->cpp_type() == Field::CPPTYPE_MESSAGE;
  if (!field->is_repeated()) {
    if (!is_message) return Put(message, field, -1, false);
    if (!reflection->HasField(*message, field)) {
      return Fill(reflection->MutableMessage(message, field), 2);
    }
    if (Pick(8) == 0) return reflection->ClearField(message, field);
    return Mutate(reflection->MutableMessage(message, field));
  }
  const int size = reflection->FieldSize(*message, field);
  if (size == 0 || Pick(6) == 0) {
    if (!is_message) return Put(message, field, -1, true);
    Message* added = reflection->AddMessage(message, field);
    if (size > 0 && Pick(2) == 0) {
      added->CopyFrom(reflection->GetRepeatedMessage(*message, field, 0));
      return;
    }
    return Fill(added, 2);
  }
  const int at = static_cast<int>(Pick(static_cast<size_t>(size)));
  if (Pick(8) == 0) {
    reflection->SwapElements(message, field, at, size - 1);
    return reflection->RemoveLast(message, field);
  }
  if (!is_message) return Put(message, field, at, false);
  Mutate(reflection->MutableRepeatedMessage(message, field, at));
}

void MessageMutator::Mutate(Message* message) {
  const auto* type = message->GetDescriptor();
  if (type->field_count() == 0) return;
  // Most often something that is there: what it grows is a matter of chance.
  std::vector<const Field*> set;
  message->GetReflection()->ListFields(*message, &set);
  const Field* field = set.empty() || Pick(4) == 0
                           ? type->field(static_cast<int>(Pick(type->field_count())))
                           : set[Pick(set.size())];
  MutateField(message, field);
}

void MessageMutator::Fill(Message* message, int depth) {
  if (depth > kDeepest) return;
  const auto* type = message->GetDescriptor();
  const Reflection* reflection = message->GetReflection();
  for (int i = 0; i < type->field_count(); ++i) {
    const Field* field = type->field(i);
    const auto* choice = field->containing_oneof();
    if (choice != nullptr && reflection->HasOneof(*message, choice) && Pick(2) == 0) continue;
    if (Pick(12) == 0) continue;
    for (size_t count = field->is_repeated() ? 1 + Pick(2) : 1; count > 0; --count) {
      if (field->cpp_type() != Field::CPPTYPE_MESSAGE) {
        Put(message, field, -1, true);
      } else {
        Fill(field->is_repeated() ? reflection->AddMessage(message, field)
                                  : reflection->MutableMessage(message, field),
             depth + 1);
      }
    }
  }
}

}  // namespace tallystick::fuzz
