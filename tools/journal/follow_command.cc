#include "tools/journal/follow_command.h"

#include <fmt/format.h>

#include "base/result.h"
#include "journal/quorum_follower.h"
#include "tools/frame_printer.h"

namespace varve {

namespace {

// What is to be printed: from the next transaction on unless another txid is asked for.
ViewOptions wanted(JournalConsole& console, const JournalStatus& status) {
  ViewOptions options = console.options();
  options.from = console.asked().from.value_or(status.last.next());
  if (options.from < status.first && options.from.value > 0)
    console.note(fmt::format("txids {} to {} are purged; the journal begins at txid {}", options.from.value, status.first.value - 1,
                             status.first.value));
  return options;
}

// True when there is nothing more to print.
bool print(JournalConsole& console, FramePrinter& printer, const std::vector<FrameView>& frames) {
  for (const FrameView& frame : frames) {
    if (frame.header->first() > console.options().to) return true;
    if (frame.header->frame_kind() == FrameKind::kSegmentStart) {
      const auto begun = printer.begin_segment(frame);
      if (!begun) console.note(begun.error().text());
    }
    printer.print(frame);
    if (frame.header->last() >= console.options().to) return true;
  }
  return false;
}

bool may_pass(const Error& error) {
  return error.code() == ErrorCode::kIo || error.code() == ErrorCode::kClosed;
}

Task<Result<void>> follow(JournalConsole& console) {
  CO_ASSIGN_OR_RETURN(JournalUrl url, typed_quorum(console.asked().journal));
  QuorumFollower follower(console.seams(), std::move(url), QuorumOptions());
  CO_ASSIGN_OR_RETURN(const JournalStatus status, co_await follower.begin());
  const ViewOptions options = wanted(console, status);
  FramePrinter printer(options, console.out());
  bool away = false;
  while (!console.done()) {
    const auto frames = co_await follower.next();
    if (!frames && !may_pass(frames.error())) co_return fail(frames.error());
    if (!frames) {
      if (!away) console.note(frames.error().within("waiting for the journal to come back").text());
      away = true;
      continue;
    }
    away = false;
    const bool all = print(console, printer, *frames);
    console.flush();
    if (all) break;
  }
  co_return ok();
}

}  // namespace

Task<void> journal_follow(JournalConsole& console) {
  const Result<void> done = co_await follow(console);
  if (!done) console.problem(done.error());
}

}  // namespace varve
