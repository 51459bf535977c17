#include "ha/state_recovery.h"

#include <fmt/format.h>

#include <functional>
#include <optional>

#include "base/digest.h"
#include "base/result.h"

namespace varve {
namespace {

Result<void> check_belongs(const ImagePoint& point, const Journal& journal) {
  if (point.namespace_id != journal.namespace_id())
    return fail(ErrorCode::kForeign, fmt::format("it is of namespace {}, the journal of {}; use the image directory of this journal",
                                                 to_hex(point.namespace_id), to_hex(journal.namespace_id())));
  if (point.lineage != journal.lineage())
    return fail(ErrorCode::kForeign, fmt::format("it is of lineage {}, the journal of {}", point.lineage, journal.lineage()));
  return ok();
}

}  // namespace

Task<Result<RecoveredState>> load_newest_image(Seams seams, ImageDirectory& images, Journal& journal, StateMachine& machine) {
  RecoveredState state;
  const LogPosition start = journal.start();
  std::optional<Error> newest_error;
  const std::vector<ImageInfo> candidates = images.images();
  const std::function<Result<void>(ImageSource&)> declare = [&machine](ImageSource& source) { return machine.load(source); };
  for (const ImageInfo& image : candidates) {
    if (image.txid < start.txid) break;  // the log behind it is purged
    auto point = co_await images.peek(image.txid);
    Result<void> good = point ? check_belongs(*point, journal) : Result<void>(fail(point.error()));
    if (!good && good.error().code() == ErrorCode::kForeign)
      co_return fail(good.error().within(fmt::format("image of txid {}", image.txid.value)));
    if (good && point->position.txid > journal.status().last)
      co_return fail(
          ErrorCode::kDamaged,
          fmt::format("the image of txid {} is newer than the end of the log, txid {}: the log has lost transactions; restore the "
                      "journal's files, or start a new journal from the image",
                      image.txid.value, journal.status().last.value));
    if (good) {
      auto loaded = co_await images.load(image.txid, declare);
      if (loaded)
        good = machine.finish_load();
      else
        good = fail(loaded.error());
    }
    if (good) {
      state.position = point->position;
      state.image = image.txid;
      co_return state;
    }
    if (good.error().code() == ErrorCode::kNewerLayout || good.error().code() == ErrorCode::kRefused) co_return fail(good.error());
    ++state.images_passed_over;
    if (!newest_error) newest_error = good.error();
    seams.log(LogLevel::kError,
              fmt::format("the image of txid {} cannot be used: {}; falling back to an older image and more log; look at it "
                          "with `varve image verify`",
                          image.txid.value, good.error().text()));
  }
  if (start.txid.value == 0) {
    if (newest_error) seams.log(LogLevel::kError, "no image can be used; the whole log is replayed from its first transaction");
    machine.reset();
    state.position = start;
    co_return state;
  }
  const std::string why = newest_error ? newest_error->text() : "there is none";
  co_return fail(ErrorCode::kDamaged,
                 fmt::format("recovering the state: the log begins behind txid {}, and no image at or above it can be used "
                             "({}); put a good image of this journal into the image directory",
                             start.txid.value, why));
}

Task<Result<void>> replay(Journal& journal, StateMachine& machine, RecoveredState& state) {
  auto opened = co_await journal.read_after(state.position);
  if (!opened) co_return fail(opened.error());
  kj::Own<LogReader> reader = kj::mv(*opened);
  while (true) {
    auto frames = co_await reader->next();
    if (!frames) co_return fail(frames.error());
    if (frames->empty()) co_return ok();
    for (const FrameView& frame : *frames) {
      if (frame.header->frame_kind() == FrameKind::kData)
        for (TransactionCursor c = frame.transactions(); c.next();) machine.apply(c.txid(), c.bytes());
      state.replayed += frame.header->transactions;
      state.replayed_bytes += frame.header->frame_bytes();
      state.position = frame.header->position();
    }
  }
}

}  // namespace varve
