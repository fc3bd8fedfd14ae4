// Changes messages by what they are made of, because changed bytes seldom are a message, and hardly
// ever one with a UUID or a product that exists.
#pragma once

#include <google/protobuf/message.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace tallystick::fuzz {

class MessageMutator {
 public:
  explicit MessageMutator(uint32_t seed) : random_(seed) {}

  // Words that make sense in string and bytes fields of this name, for all mutators.
  static void Learn(const std::string& field, const std::string& word);

  // A change of one field, somewhere.
  void Mutate(google::protobuf::Message* message);
  // Nearly all fields, with values that make sense.
  void Fill(google::protobuf::Message* message, int depth = 0);

  // 0 to below `bound`.
  size_t Pick(size_t bound) { return bound == 0 ? 0 : random_() % bound; }

 private:
  using Field = google::protobuf::FieldDescriptor;

  // Sets a scalar field, or an element of a repeated one; `index` -1 appends.
  void Put(google::protobuf::Message* message, const Field* field, int index, bool sensible);
  void MutateField(google::protobuf::Message* message, const Field* field);
  int64_t Number(int64_t before, bool sensible);
  std::string Text(const Field* field, std::string before, bool sensible);

  std::minstd_rand random_;
};

}  // namespace tallystick::fuzz
