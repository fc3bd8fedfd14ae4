#include "tests/fuzz/script_target.h"

#include <google/protobuf/stubs/logging.h>
#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "tests/fuzz/check.h"
#include "tests/fuzz/message_mutator.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace tallystick::fuzz {
namespace {

constexpr int kFilledSeeds = 4;  // of each kind

ScriptTarget* target = nullptr;

// A finding must be found again by another process, so that ids may not differ.
uint32_t SameNumbers() {
  static std::mt19937 random(1);
  return static_cast<uint32_t>(random());
}
randombytes_implementation same_numbers = {[] { return "the same in each process"; },
                                           SameNumbers,
                                           nullptr,
                                           nullptr,
                                           [](void* out, size_t size) {
                                             auto* bytes = static_cast<uint8_t*>(out);
                                             for (size_t i = 0; i < size; ++i) {
                                               bytes[i] = static_cast<uint8_t>(SameNumbers());
                                             }
                                           },
                                           nullptr};

Step FilledStep(MessageMutator& mutator, size_t number) {
  std::unique_ptr<google::protobuf::Message> message(target->Kinds()[number]->New());
  mutator.Fill(message.get());
  return {static_cast<uint8_t>(number), message->SerializeAsString()};
}

std::vector<std::string> AllSeeds() {
  MessageMutator mutator(1);
  std::vector<std::string> seeds;
  for (size_t number = 0; number < target->Kinds().size(); ++number) {
    for (int i = 0; i < kFilledSeeds; ++i) {
      seeds.push_back(WriteScript({FilledStep(mutator, number)}));
    }
  }
  for (const Script& script : target->Seeds()) seeds.push_back(WriteScript(script));
  return seeds;
}

void MutateStep(MessageMutator& mutator, Step& step) {
  const auto kinds = target->Kinds();
  if (mutator.Pick(12) == 0) {
    step.kind = static_cast<uint8_t>(step.kind + (mutator.Pick(2) == 0 ? 64 : mutator.Pick(64)));
    return;
  }
  auto message = ReadMessage(*kinds[KindOf(step, kinds.size())], step);
  if (message == nullptr) {
    step = FilledStep(mutator, KindOf(step, kinds.size()));
    return;
  }
  for (size_t i = 1 + mutator.Pick(3); i > 0; --i) mutator.Mutate(message.get());
  step.bytes = message->SerializeAsString();
}

void MutateScript(MessageMutator& mutator, Script& script) {
  const size_t at = mutator.Pick(script.size());
  const size_t what = script.empty() ? 0 : mutator.Pick(12);
  if (what == 0 && script.size() < kMaxSteps) {
    script.insert(script.begin() + static_cast<std::ptrdiff_t>(at),
                  FilledStep(mutator, mutator.Pick(target->Kinds().size())));
  } else if (what == 1 && script.size() < kMaxSteps) {
    script.push_back(script[at]);
  } else if (what == 2 && script.size() > 1) {
    script.erase(script.begin() + static_cast<std::ptrdiff_t>(at));
  } else if (!script.empty()) {
    MutateStep(mutator, script[at]);
  }
}

size_t Put(const Script& script, uint8_t* data, size_t max_size) {
  const std::string output = WriteScript(script);
  const size_t size = std::min(output.size(), max_size);
  std::memcpy(data, output.data(), size);
  return size;
}

absl::string_view View(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace

std::unique_ptr<google::protobuf::Message> ReadMessage(const google::protobuf::Message& kind,
                                                       const Step& step) {
  std::unique_ptr<google::protobuf::Message> message(kind.New());
  if (!message->ParseFromString(step.bytes)) return nullptr;
  return message;
}

}  // namespace tallystick::fuzz

using namespace tallystick::fuzz;

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  google::protobuf::SetLogHandler(nullptr);
  randombytes_set_implementation(&same_numbers);
  target = MakeTarget();
  MaybeWriteSeeds(*argc, *argv, AllSeeds());
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  target->Run(ReadScript(View(data, size)));
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed) {
  MessageMutator mutator(seed);
  if (mutator.Pick(20) == 0) return LLVMFuzzerMutate(data, size, max_size);
  Script script = ReadScript(View(data, size));
  MutateScript(mutator, script);
  return Put(script, data, max_size);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* data1, size_t size1,
                                            const uint8_t* data2, size_t size2, uint8_t* out,
                                            size_t max_size, unsigned seed) {
  MessageMutator mutator(seed);
  Script script = ReadScript(View(data1, size1));
  const Script other = ReadScript(View(data2, size2));
  script.resize(mutator.Pick(script.size() + 1));
  for (size_t i = mutator.Pick(other.size()); i < other.size(); ++i) script.push_back(other[i]);
  if (script.size() > kMaxSteps) script.resize(kMaxSteps);
  return Put(script, out, max_size);
}
