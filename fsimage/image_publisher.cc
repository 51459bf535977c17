#include "fsimage/image_publisher.h"

#include <fmt/format.h>

#include <utility>

#include "base/digest.h"
#include "base/result.h"
#include "fsimage/image_names.h"
#include "fsimage/image_reader.h"
#include "fsimage/image_saver.h"
#include "fsimage/image_verifier.h"
#include "fsimage/image_writer.h"

namespace varve {
namespace {

GiveWay make_give_way(Clock& clock, const SaveOptions& options) {
  if (!options.pace) return {};
  return [&clock, pace = options.pace]() -> kj::Promise<void> {
    const std::chrono::nanoseconds delay = pace();
    return delay > std::chrono::nanoseconds::zero() ? clock.after(delay) : kj::Promise<void>(kj::READY_NOW);
  };
}

}  // namespace

ImagePublisher::ImagePublisher(Seams seams, Directory& directory) : seams_(seams), directory_(directory) {}

Task<Result<SavedImage>> ImagePublisher::publish(ImagePoint point, SectionPlan& plan, SaveOptions options, bool replaces) {
  const TxId txid = point.position.txid;
  const std::string tmp = image_tmp_name(txid);
  const GiveWay give_way = make_give_way(seams_.clock, options);
  Result<SavedImage> saved = co_await write(tmp, point, plan, std::move(options));
  Result<void> outcome;
  if (saved) {
    outcome = co_await read_back(tmp, *saved, give_way);
    if (outcome) outcome = co_await directory_.rename(tmp, image_name(txid));
  } else {
    outcome = fail(saved.error());
  }
  if (!outcome) {
    co_await discard(tmp);
  } else {
    outcome = co_await publish_name(txid, replaces);
  }
  if (!outcome) co_return fail(outcome.error().within(fmt::format("saving image {}/{}", directory_.path(), image_name(txid))));
  co_return saved;
}

// Past the page cache: a log on the same disk then waits for one piece of the image at most, not for all that the kernel has gathered.
Task<Result<kj::Own<File>>> ImagePublisher::create(std::string name) {
  const OpenMode mode{.write = true, .direct = true};
  Result<kj::Own<File>> file = co_await directory_.create(name, mode);
  if (file || file.error().code() != ErrorCode::kExists) co_return file;
  CO_TRY(co_await directory_.remove(name));  // left by a save that was cancelled
  co_return co_await directory_.create(name, mode);
}

Task<Result<SavedImage>> ImagePublisher::write(std::string name, const ImagePoint& point, SectionPlan& plan, SaveOptions options) {
  CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await create(name));
  ImageWriter writer(*file, point, plan.sections(), options.chunk_bytes);
  CO_TRY(co_await writer.write_header());
  ImageSaver saver(seams_, plan, writer, std::move(options));
  CO_TRY(co_await saver.run());
  co_return co_await writer.finish();
}

// Opened afresh and past the page cache: what is verified is what stands on the disk, under the name that a later start finds.
Task<Result<void>> ImagePublisher::read_back(std::string name, SavedImage saved, GiveWay give_way) {
  CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory_.open(name, OpenMode{.direct = true}));
  CO_ASSIGN_OR_RETURN(kj::Own<ImageReader> image, co_await ImageReader::open(kj::mv(file)));
  CO_TRY(co_await verify_image(*image, seams_.workers, std::move(give_way)));
  if (image->trailer().whole == saved.digest) co_return ok();
  co_return fail(ErrorCode::kDamaged, fmt::format("reading image {} back: its digest is {}, expected {} as written; check the disk",
                                                  image->path(), to_hex(image->trailer().whole), to_hex(saved.digest)));
}

Task<Result<void>> ImagePublisher::publish_name(TxId txid, bool replaces) {
  Result<void> synced = co_await directory_.sync();
  if (!synced && !replaces) co_await discard(image_name(txid));
  co_return synced;
}

Task<void> ImagePublisher::discard(std::string name) {
  Result<void> removed = co_await directory_.remove(name);
  if (!removed && removed.error().code() != ErrorCode::kNotFound && seams_.log) seams_.log(LogLevel::kWarning, removed.error().text());
}

}  // namespace varve
