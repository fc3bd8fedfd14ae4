// Versions of the servers that run side by side during an upgrade. An older one knows nothing of
// the fields that later ones have added: it reads past them, and what it writes lacks them.
#pragma once

#include <string>

#include "google/protobuf/message.h"

namespace tallystick::simulation {

inline constexpr int kOldVersion = 1;
inline constexpr int kThisVersion = 2;

// Takes out of a message, and of those within it, what a server of that version does not know.
void Forget(int version, google::protobuf::Message& message);

// The same of the bytes of a message; those that are none stay as they are.
template <typename Message>
std::string Forgotten(int version, std::string bytes) {
  Message message;
  if (version >= kThisVersion || bytes.empty() || !message.ParseFromString(bytes)) return bytes;
  Forget(version, message);
  return message.SerializeAsString();
}

}  // namespace tallystick::simulation
