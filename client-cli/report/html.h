// HTML that can only be made by escaping, or from literals that stand in the source: so no text of
// anybody else's can become markup.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace tallystick {

// Markup that stands in the source: "<p>"_html. Nothing that is made while tally runs is one.
class Markup {
 public:
  consteval explicit Markup(absl::string_view text) : text_(text) {}
  constexpr absl::string_view text() const { return text_; }

 private:
  absl::string_view text_;
};

inline namespace literals {
consteval Markup operator""_html(const char* text, size_t size) {
  return Markup(absl::string_view(text, size));
}
}  // namespace literals

// A text as it may stand in an element or in a quoted attribute: what is no UTF-8, steers or is
// invisible is shown as on the terminal (output/table.h, Printable), and & < > " ' are written out.
std::string Escaped(absl::string_view text);

// A piece of a page. Put into it: markup, other pieces, and texts and numbers, which are escaped.
class Html {
 public:
  Html() = default;
  Html(Markup markup) : text_(markup.text()) {}  // NOLINT: a piece like any other

  Html& operator<<(const Html& piece) { return Add(piece.text_); }
  Html& operator<<(Markup markup) { return Add(markup.text()); }
  Html& operator<<(const std::string& text) { return Add(Escaped(text)); }
  Html& operator<<(const char* text) { return Add(Escaped(text)); }
  template <std::integral Number>
  requires(sizeof(Number) > 1) Html& operator<<(Number number) { return Add(absl::StrCat(number)); }

  bool empty() const { return text_.empty(); }
  const std::string& text() const { return text_; }

 private:
  Html& Add(absl::string_view text) {
    text_.append(text.data(), text.size());
    return *this;
  }

  std::string text_;
};

}  // namespace tallystick
