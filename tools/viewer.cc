#include "tools/viewer.h"

#include <fmt/format.h>

namespace varve {

void Viewer::problem(std::string_view text) {
  failed_ = true;
  say(text);
}

void Viewer::note(std::string_view text) {
  say(fmt::format("note: {}", text));
}

void Viewer::say(std::string_view text) {
  progress("");
  out_.flush();  // so that the line stands where it belongs when both go to one place
  problems_.write(fmt::format("varve: {}\n", text));
  problems_.flush();
}

void Viewer::progress(std::string_view text) {
  if (!problems_.is_terminal() || (text.empty() && !shows_progress_)) return;
  problems_.write(fmt::format("\r\x1b[K{}", text));
  problems_.flush();
  shows_progress_ = !text.empty();
}

}  // namespace varve
