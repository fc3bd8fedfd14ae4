// Every field of a message, found by walking its descriptor, and the ways in which one can be made
// to lie. On wire messages, so that no conversion hides a field.
#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace tallystick::testing {

// A field below a message: "transactions.amount.minor_units". Timestamps and durations are leaves;
// so is each list, which can lose, double and gain elements.
struct FieldPath {
  std::string name;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
};

inline bool IsTime(const google::protobuf::FieldDescriptor& field) {
  return field.message_type() != nullptr &&
         (field.message_type() == google::protobuf::Timestamp::descriptor() ||
          field.message_type() == google::protobuf::Duration::descriptor());
}

inline void ListFields(const google::protobuf::Descriptor& type, const FieldPath& at,
                       std::vector<FieldPath>& all) {
  for (int i = 0; i < type.field_count(); ++i) {
    const auto& field = *type.field(i);
    FieldPath path = at;
    path.name += (path.name.empty() ? "" : ".") + field.name();
    path.fields.push_back(&field);
    if (field.is_repeated() || field.message_type() == nullptr || IsTime(field))
      all.push_back(path);
    if (field.message_type() != nullptr && !IsTime(field)) {
      ListFields(*field.message_type(), path, all);
    }
  }
}

inline std::vector<FieldPath> FieldPathsOf(const google::protobuf::Descriptor& type) {
  std::vector<FieldPath> all;
  ListFields(type, {}, all);
  return all;
}

enum class Lie { kChange, kDrop, kDouble, kAdd, kNegative, kFarFuture };
inline constexpr Lie kLies[] = {Lie::kChange, Lie::kDrop,     Lie::kDouble,
                                Lie::kAdd,    Lie::kNegative, Lie::kFarFuture};
inline const char* NameOf(Lie lie) {
  constexpr const char* kNames[] = {"change", "drop", "double", "add", "negative", "far-future"};
  return kNames[static_cast<int>(lie)];
}

namespace internal {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

inline bool LieInTime(Message& parent, const FieldDescriptor& field, int at, Lie lie) {
  const auto& reflection = *parent.GetReflection();
  if (lie != Lie::kChange && lie != Lie::kDrop && lie != Lie::kNegative && lie != Lie::kFarFuture) {
    return false;
  }
  if (lie == Lie::kDrop) {
    if (!reflection.HasField(parent, &field)) return false;
    reflection.ClearField(&parent, &field);
    return true;
  }
  if (!reflection.HasField(parent, &field)) return false;
  Message* time = reflection.MutableMessage(&parent, &field);
  const auto* seconds = time->GetDescriptor()->FindFieldByName("seconds");
  const int64_t is = time->GetReflection()->GetInt64(*time, seconds);
  const int64_t says = lie == Lie::kChange     ? is + (at % 2 == 0 ? 2 : -2) * 3600
                       : lie == Lie::kNegative ? -is
                                               : is + int64_t{3650} * 86'400;
  time->GetReflection()->SetInt64(time, seconds, says);
  return true;
}

inline bool LieInScalar(Message& parent, const FieldDescriptor& field, Lie lie) {
  const auto& reflection = *parent.GetReflection();
  const auto number = [&](int64_t is) -> int64_t {
    switch (lie) {
      case Lie::kChange: return is + 1;
      case Lie::kDrop: return 0;
      case Lie::kDouble: return is * 2;
      case Lie::kNegative: return is == 0 ? -1 : -is;
      case Lie::kAdd: return is == 0 ? 1 : is;
      case Lie::kFarFuture: return is + 1'000'000'000;
      default: return is;
    }
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT64:
      reflection.SetInt64(&parent, &field, number(reflection.GetInt64(parent, &field)));
      return true;
    case FieldDescriptor::CPPTYPE_INT32:
      reflection.SetInt32(&parent, &field,
                          static_cast<int32_t>(number(reflection.GetInt32(parent, &field))));
      return true;
    case FieldDescriptor::CPPTYPE_ENUM: {
      if (lie != Lie::kChange && lie != Lie::kDrop) return false;
      const int is = reflection.GetEnumValue(parent, &field);
      const int count = field.enum_type()->value_count();
      reflection.SetEnumValue(&parent, &field, lie == Lie::kDrop ? 0 : 1 + is % (count - 1));
      return true;
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string text = reflection.GetString(parent, &field);
      if (lie == Lie::kAdd && text.empty()) {
        reflection.SetString(&parent, &field, "x");
        return true;
      }
      if (lie != Lie::kChange && lie != Lie::kDrop) return false;
      // (Still UTF-8, and still a currency where it was one.)
      if (lie == Lie::kDrop) {
        text.clear();
      } else if (field.name() == "currency_code") {
        text = text == "EUR" ? "USD" : "EUR";
      } else if (text.empty()) {
        text = "x";
      } else {
        text.back() = text.back() == '1' ? '2' : '1';
      }
      reflection.SetString(&parent, &field, text);
      return true;
    }
    default: return false;
  }
}

inline bool LieInList(Message& parent, const FieldDescriptor& field, int at, Lie lie) {
  const auto& reflection = *parent.GetReflection();
  const int size = reflection.FieldSize(parent, &field);
  if (field.message_type() == nullptr) {
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING) return false;
    if (lie == Lie::kChange && size > 0) {
      reflection.SetRepeatedString(&parent, &field, at % size, "elsewhere");
    } else if (lie == Lie::kDrop && size > 0) {
      reflection.RemoveLast(&parent, &field);
    } else if (lie == Lie::kAdd) {
      reflection.AddString(&parent, &field, "more");
    } else {
      return false;
    }
    return true;
  }
  if (lie == Lie::kDrop && size > 0) {
    for (int i = at % size; i + 1 < size; ++i) reflection.SwapElements(&parent, &field, i, i + 1);
    reflection.RemoveLast(&parent, &field);
  } else if (lie == Lie::kDouble && size > 0) {
    Message* more = reflection.AddMessage(&parent, &field);
    more->CopyFrom(reflection.GetRepeatedMessage(parent, &field, at % size));
  } else if (lie == Lie::kAdd) {
    reflection.AddMessage(&parent, &field);
  } else {
    return false;
  }
  return true;
}

}  // namespace internal

// Makes one field of `message` lie; `pick(n)` chooses among n elements of a list on the way. False
// when there is nothing to lie about, or the lie would be the truth.
inline bool Falsify(google::protobuf::Message& message, const FieldPath& path, Lie lie,
                    const std::function<int(int)>& pick) {
  const std::string before = message.SerializeAsString();
  google::protobuf::Message* parent = &message;
  for (size_t i = 0; i + 1 < path.fields.size(); ++i) {
    const auto* field = path.fields[i];
    const auto& reflection = *parent->GetReflection();
    if (field->is_repeated()) {
      const int size = reflection.FieldSize(*parent, field);
      if (size == 0) return false;
      parent = reflection.MutableRepeatedMessage(parent, field, pick(size));
    } else {
      // (An absent message can only be added.)
      if (!reflection.HasField(*parent, field) && lie != Lie::kAdd) return false;
      parent = reflection.MutableMessage(parent, field);
    }
  }
  const auto& field = *path.fields.back();
  const bool lied = field.is_repeated() ? internal::LieInList(*parent, field, pick(1 << 20), lie)
                    : IsTime(field)     ? internal::LieInTime(*parent, field, pick(1 << 20), lie)
                                        : internal::LieInScalar(*parent, field, lie);
  return lied && message.SerializeAsString() != before;
}

}  // namespace tallystick::testing
