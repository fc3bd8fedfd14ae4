#include "client-cli/mcp/schema.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client-cli/output/table.h"
#include "platform/trade/text.h"

namespace tallystick {
namespace {

// What is said again of a name that nobody knows.
constexpr size_t kMaxNameBytes = 100;

absl::Status Unfit(const std::string& name, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(Printable(name), " ", what));
}

Json Described(const char* type, const std::string& description) {
  Json schema{{"type", type}};
  if (!description.empty()) schema["description"] = description;
  return schema;
}

std::string NamesOf(const Json& properties) {
  std::vector<std::string> names;
  for (const auto& [name, schema] : properties.items()) names.push_back(name);
  return names.empty() ? "none" : absl::StrJoin(names, ", ");
}

absl::Status CheckText(const Json& value, const std::string& name) {
  if (!value.is_string()) return Unfit(name, "must be a text");
  const std::string& text = value.get_ref<const std::string&>();
  if (text.size() > kMaxTextBytes) {
    return Unfit(name, absl::StrCat("has more than ", kMaxTextBytes, " bytes"));
  }
  if (HasControlCharacters(text)) return Unfit(name, "must not have control characters");
  return absl::OkStatus();
}

absl::Status CheckWhole(const Json& schema, const Json& value, const std::string& name) {
  const int64_t least = schema.value("minimum", -kMostWhole);
  const int64_t most = schema.value("maximum", kMostWhole);
  const bool fits =
      value.is_number_unsigned()
          ? value.get<uint64_t>() <= static_cast<uint64_t>(most) && value.get<int64_t>() >= least
          : value.is_number_integer() && value.get<int64_t>() >= least &&
                value.get<int64_t>() <= most;
  if (fits) return absl::OkStatus();
  return Unfit(name, absl::StrCat("must be a whole number from ", least, " to ", most));
}

absl::Status CheckList(const Json& schema, const Json& value, const std::string& name) {
  if (!value.is_array()) return Unfit(name, "must be a list");
  const size_t least = schema.value("minItems", size_t{0});
  if (value.size() < least) return Unfit(name, absl::StrCat("must have at least ", least));
  if (value.size() > kMaxListItems) {
    return Unfit(name, absl::StrCat("must have at most ", kMaxListItems));
  }
  for (size_t i = 0; i < value.size(); ++i) {
    const absl::Status fits =
        CheckAgainst(schema["items"], value[i], absl::StrCat(name, "[", i, "]"));
    if (!fits.ok()) return fits;
  }
  return absl::OkStatus();
}

absl::Status CheckObject(const Json& schema, const Json& value, const std::string& name) {
  if (!value.is_object()) return Unfit(name, "must be an object");
  const Json& properties = schema["properties"];
  for (const auto& [key, part] : value.items()) {
    if (!properties.contains(key)) {
      return Unfit(name, absl::StrCat("has no '", Printable(key.substr(0, kMaxNameBytes)),
                                      "'; there are: ", NamesOf(properties)));
    }
    const absl::Status fits = CheckAgainst(properties[key], part, absl::StrCat(name, ".", key));
    if (!fits.ok()) return fits;
  }
  for (const Json& key : schema["required"]) {
    if (!value.contains(key)) return Unfit(name, absl::StrCat("needs ", Dump(key)));
  }
  return absl::OkStatus();
}

void Add(Properties properties, bool required, Json& schema) {
  for (const auto& [name, property] : properties) {
    schema["properties"][name] = property;
    if (required) schema["required"].push_back(name);
  }
}

}  // namespace

Json TextSchema(const std::string& description) { return Described("string", description); }

Json WholeSchema(const std::string& description, int64_t least, int64_t most) {
  Json schema = Described("integer", description);
  if (least > -kMostWhole) schema["minimum"] = least;
  if (most < kMostWhole) schema["maximum"] = most;
  return schema;
}

Json FlagSchema(const std::string& description) { return Described("boolean", description); }

Json ListSchema(const std::string& description, const Json& items, size_t least) {
  Json schema = Described("array", description);
  schema["items"] = items;
  if (least > 0) schema["minItems"] = least;
  return schema;
}

Json ObjectSchema(Properties required, Properties optional) {
  Json schema{{"type", "object"},
              {"properties", Json::object()},
              {"required", Json::array()},
              {"additionalProperties", false}};
  Add(required, true, schema);
  Add(optional, false, schema);
  return schema;
}

Json MoneySchema(const std::string& description) {
  Json schema = ObjectSchema({{"currency_code", TextSchema("ISO 4217, such as USD")},
                              {"minor_units", WholeSchema("1234 is 12.34 USD")}});
  if (!description.empty()) schema["description"] = description;
  return schema;
}

Json AnswerSchema(Properties properties) {
  Json schema = ObjectSchema(properties);
  schema.erase("additionalProperties");
  return schema;
}

Json NullOr(Json schema) {
  schema["type"] = Json::array({schema["type"], "null"});
  return schema;
}

absl::Status CheckAgainst(const Json& schema, const Json& value, const std::string& name) {
  const std::string type = schema["type"];
  if (type == "string") return CheckText(value, name);
  if (type == "integer") return CheckWhole(schema, value, name);
  if (type == "array") return CheckList(schema, value, name);
  if (type == "object") return CheckObject(schema, value, name);
  return value.is_boolean() ? absl::OkStatus() : Unfit(name, "must be true or false");
}

}  // namespace tallystick
