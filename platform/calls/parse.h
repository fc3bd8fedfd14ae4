// A request's bytes become a message, within bounds: a message of a few megabytes can be millions
// of empty elements, each of which would take a hundred bytes of memory.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tallystick::rpc {

// How many elements `bytes` would become: messages, elements of lists and unknown fields, at any
// depth; stops counting beyond `limit`. What is no Protobuf counts as far as it can be read.
size_t CountElements(absl::string_view bytes, const google::protobuf::Descriptor& type,
                     size_t limit);

// Reads `buffer` into `message`. INVALID_ARGUMENT: MALFORMED_MESSAGE, naming the text field that is
// not UTF-8 {field}, and TOO_MANY_ELEMENTS {max_elements}. Nothing is allocated for elements before
// they are counted.
absl::Status ParseRequest(const grpc::ByteBuffer& buffer, size_t max_elements,
                          google::protobuf::Message& message);

// Protobuf's own log goes to ours from now on. Once, before the first ParseRequest.
void RouteProtobufLog();

}  // namespace tallystick::rpc
