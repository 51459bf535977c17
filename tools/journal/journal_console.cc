#include "tools/journal/journal_console.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/result.h"
#include "tools/json_writer.h"

namespace varve {

void JournalConsole::step(const std::string& text) {
  progress("");
  if (json()) {
    JsonWriter writer(out_);
    writer.begin_object();
    writer.field("step", text);
    writer.end_object();
    writer.end_line();
  } else {
    out_.write(text + "\n");
  }
  out_.flush();
}

void JournalConsole::reached(TxId txid, TxId end) {
  const auto now = seams().clock.now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds(250);
  const std::uint64_t whole = std::max<std::uint64_t>(1, end.value);
  progress(fmt::format("txid {} of {}, {} %", txid.value, end.value, std::min<std::uint64_t>(100, txid.value * 100 / whole)));
}

Result<JournalUrl> typed_journal(const std::string& text) {
  if (text.find("://") != std::string::npos || text.empty()) return parse_journal_url(text);
  std::error_code failed;
  const std::filesystem::path path = std::filesystem::absolute(text, failed).lexically_normal();
  if (failed) return fail(ErrorCode::kInvalidArgument, fmt::format("\"{}\" is no path: {}", text, failed.message()));
  return parse_journal_url("file://" + path.string());
}

Result<JournalUrl> typed_quorum(const std::string& text) {
  ASSIGN_OR_RETURN(JournalUrl url, parse_journal_url(text));
  if (url.kind != JournalUrl::Kind::kQuorum)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("journal address \"{}\": this command is for a quorum, quorum://HOST:PORT,.../NAME", text));
  return url;
}

}  // namespace varve
