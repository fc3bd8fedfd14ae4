// Which shop, and who is asking there.
#pragma once

#include <string>

namespace tallystick {

// A shop as the buyer knows it.
struct Profile {
  std::string name;
  std::string address;     // host:port of the shopping service
  std::string ca_file;     // whose certificates count there; empty: plaintext, on loopback only
  std::string token_file;  // has the token that says who the buyer is

  friend bool operator==(const Profile&, const Profile&) = default;
};

}  // namespace tallystick
