// One run of a command on a journal: what was asked, and where its lines go.
// Threads: the event loop's.
#pragma once

#include <string>

#include "journal/journal_url.h"
#include "journal/work_watcher.h"
#include "tools/journal/journal_options.h"
#include "tools/viewer.h"

namespace varve {

class JournalConsole final : public Viewer, public WorkWatcher {
 public:
  JournalConsole(Seams seams, const JournalOptions& asked, StandardOutput& out, StandardOutput& problems)
      : Viewer(seams, asked.view, out, problems), asked_(asked), out_(out) {}

  const JournalOptions& asked() const { return asked_; }
  bool json() const { return asked_.view.json; }
  // What was written is seen at once.
  void flush() { out_.flush(); }

  // A line, or {"step":...}; at once.
  void step(const std::string& text) override;
  // Rewritten in place, a few times a second, on a terminal.
  void reached(TxId txid, TxId end) override;

 private:
  const JournalOptions& asked_;
  StandardOutput& out_;
  std::chrono::nanoseconds next_{0};
};

// An address as people type it: a journal's, or the path of a directory. kInvalidArgument.
Result<JournalUrl> typed_journal(const std::string& text);
// The same, of a quorum only.
Result<JournalUrl> typed_quorum(const std::string& text);

}  // namespace varve
