#include "platform/calls/parse.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/wire_format_lite.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "platform/error/error.h"
#include "platform/process/log.h"

namespace tallystick::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

// As deep as Protobuf itself would go.
constexpr int kMaxDepth = 100;

// Protobuf says which text is not UTF-8 only in its log. A request is read and answered on one
// thread, so that what was said last on it belongs to the request that cannot be read.
thread_local std::string bad_text_field;

void TakeProtobufLog(google::protobuf::LogLevel level, const char*, int,
                     const std::string& message) {
  // "String field 'tallystick.v1.PlaceOrderRequest.buyer_reference' contains invalid UTF-8 …"
  const std::vector<std::string> quoted = absl::StrSplit(message, '\'');
  if (quoted.size() >= 3 && message.find("invalid UTF-8") != std::string::npos) {
    bad_text_field = quoted[1].substr(quoted[1].rfind('.') + 1);
    return;
  }
  if (level >= google::protobuf::LOGLEVEL_WARNING) log::Warn("protobuf", {{"reason", message}});
}

absl::Status Malformed() {
  const std::string field = std::exchange(bad_text_field, "");
  if (field.empty()) {
    return MakeError(absl::StatusCode::kInvalidArgument, "MALFORMED_MESSAGE",
                     "the request is not the Protobuf message that this method takes");
  }
  return MakeError(absl::StatusCode::kInvalidArgument, "MALFORMED_MESSAGE",
                   absl::StrCat(field, ": is not valid UTF-8"), {{"field", field}});
}

class Counter {
 public:
  explicit Counter(size_t limit) : limit_(limit) {}

  // False at the limit, and at what cannot be read.
  bool Count(CodedInputStream& input, const Descriptor* type, int depth) {
    while (const uint32_t tag = input.ReadTag()) {
      const int number = WireFormatLite::GetTagFieldNumber(tag);
      const FieldDescriptor* field = type == nullptr ? nullptr : type->FindFieldByNumber(number);
      // The others take the place that they have already.
      const bool is_element = field == nullptr || field->is_repeated() ||
                              field->type() == FieldDescriptor::TYPE_MESSAGE;
      if (is_element) ++count_;
      if (count_ > limit_ || depth > kMaxDepth) return false;
      if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
        if (!SkipShort(input, tag)) return false;
        continue;
      }
      int size = 0;
      if (!input.ReadVarintSizeAsInt(&size) || size < 0) return false;
      if (field != nullptr && field->type() == FieldDescriptor::TYPE_MESSAGE) {
        const auto outer = input.PushLimit(size);
        if (!Count(input, field->message_type(), depth + 1)) return false;
        if (input.BytesUntilLimit() != 0) return false;
        input.PopLimit(outer);
        continue;
      }
      // Packed numbers, of at least a byte each.
      if (field != nullptr && field->is_packable()) count_ += static_cast<size_t>(size);
      if (count_ > limit_ || !input.Skip(size)) return false;
    }
    return true;
  }

  size_t count() const { return count_; }

 private:
  // Groups, which nothing here has, count through their fields.
  static bool SkipShort(CodedInputStream& input, uint32_t tag) {
    switch (WireFormatLite::GetTagWireType(tag)) {
      case WireFormatLite::WIRETYPE_VARINT: {
        uint64_t value;
        return input.ReadVarint64(&value);
      }
      case WireFormatLite::WIRETYPE_FIXED64: return input.Skip(8);
      case WireFormatLite::WIRETYPE_FIXED32: return input.Skip(4);
      case WireFormatLite::WIRETYPE_START_GROUP:
      case WireFormatLite::WIRETYPE_END_GROUP: return true;
      default: return false;
    }
  }

  const size_t limit_;
  size_t count_ = 0;
};

}  // namespace

size_t CountElements(absl::string_view bytes, const Descriptor& type, size_t limit) {
  CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()),
                         static_cast<int>(bytes.size()));
  Counter counter(limit);
  (void)counter.Count(input, &type, 0);
  return counter.count();
}

absl::Status ParseRequest(const grpc::ByteBuffer& buffer, size_t max_elements,
                          google::protobuf::Message& message) {
  grpc::Slice slice;
  absl::string_view bytes;
  if (buffer.TrySingleSlice(&slice).ok() || buffer.DumpToSingleSlice(&slice).ok()) {
    bytes = absl::string_view(reinterpret_cast<const char*>(slice.begin()), slice.size());
  } else if (buffer.Length() > 0) {
    return Malformed();
  }
  // A shorter one cannot have so many.
  if (bytes.size() > max_elements &&
      CountElements(bytes, *message.GetDescriptor(), max_elements) > max_elements) {
    return MakeError(
        absl::StatusCode::kInvalidArgument, "TOO_MANY_ELEMENTS",
        absl::StrCat("the request has more than ", max_elements, " elements; send it in parts"),
        {{"max_elements", absl::StrCat(max_elements)}});
  }
  bad_text_field.clear();
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return Malformed();
  return absl::OkStatus();
}

void RouteProtobufLog() {
  static const auto installed = google::protobuf::SetLogHandler(&TakeProtobufLog);
  (void)installed;
}

}  // namespace tallystick::rpc
