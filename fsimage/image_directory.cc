#include "fsimage/image_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/digest.h"
#include "base/gradual_removal.h"
#include "base/result.h"
#include "fsimage/image_names.h"
#include "fsimage/image_publisher.h"
#include "fsimage/image_reader.h"
#include "fsimage/image_verifier.h"
#include "fsimage/section_loader.h"
#include "fsimage/section_plan.h"

namespace varve {
namespace {

class LocalImageDirectory final : public ImageDirectory {
 public:
  LocalImageDirectory(Seams seams, kj::Own<Directory> directory, Uuid namespace_id)
      : seams_(seams), directory_(kj::mv(directory)), namespace_id_(namespace_id) {}

  Task<Result<void>> open();

  const std::vector<ImageInfo>& images() const override { return images_; }
  kj::Promise<Result<SavedImage>> save(ImagePoint point, std::function<void(ImageSink&)> declare, SaveOptions options) override {
    return do_save(std::move(point), std::move(declare), std::move(options));
  }
  kj::Promise<Result<ImagePoint>> peek(TxId txid) override { return do_peek(txid); }
  kj::Promise<Result<LoadedImage>> load(TxId txid, std::function<Result<void>(ImageSource&)> declare) override {
    return do_load(txid, std::move(declare));
  }
  kj::Promise<Result<void>> verify(TxId txid) override { return do_verify(txid); }
  kj::Promise<Result<void>> set_aside(TxId txid) override { return do_set_aside(txid); }
  kj::Promise<Result<std::vector<ImageInfo>>> retain(std::size_t keep) override { return do_retain(keep); }

 private:
  Task<Result<SavedImage>> do_save(ImagePoint point, std::function<void(ImageSink&)> declare, SaveOptions options);
  Task<Result<ImagePoint>> do_peek(TxId txid);
  Task<Result<LoadedImage>> do_load(TxId txid, std::function<Result<void>(ImageSource&)> declare);
  Task<Result<void>> do_verify(TxId txid);
  Task<Result<void>> do_set_aside(TxId txid);
  Task<Result<std::vector<ImageInfo>>> do_retain(std::size_t keep);

  Task<Result<void>> take_in(TxId txid);
  Task<Result<kj::Own<ImageReader>>> open_image(TxId txid);
  Result<void> check_namespace(Uuid found, const std::string& path) const;
  Result<void> check_saving(const ImagePoint& point, const SaveOptions& options) const;
  bool has(TxId txid) const { return find(txid) != images_.end(); }
  std::vector<ImageInfo>::const_iterator find(TxId txid) const {
    return std::find_if(images_.begin(), images_.end(), [&](const ImageInfo& image) { return image.txid == txid; });
  }
  void forget(TxId txid) {
    if (has(txid)) images_.erase(find(txid));
  }
  void remember(ImageInfo image);
  std::string path_of(const std::string& name) const { return fmt::format("{}/{}", directory_->path(), name); }
  void warn(const Error& error) const {
    if (seams_.log) seams_.log(LogLevel::kWarning, error.text());
  }

  Seams seams_;
  kj::Own<Directory> directory_;
  Uuid namespace_id_;
  std::vector<ImageInfo> images_;  // newest first
  bool saving_ = false;
};

// Sets a flag for as long as it lives.
class Raised {
 public:
  explicit Raised(bool& flag) : flag_(flag) { flag_ = true; }
  ~Raised() { flag_ = false; }
  Raised(const Raised&) = delete;

 private:
  bool& flag_;
};

// Nothing is changed before every image is found to be of this namespace. The directory is synced: what a process that died had renamed
// is seen here, but nobody may build on a name that a power loss can still undo.
Task<Result<void>> LocalImageDirectory::open() {
  CO_ASSIGN_OR_RETURN(const std::vector<std::string> names, co_await directory_->list());
  for (const std::string& name : names) {
    const std::optional<TxId> txid = parse_image_name(name);
    if (txid) CO_TRY(co_await take_in(*txid));
  }
  for (const std::string& name : names) {
    if (!parse_image_tmp_name(name)) continue;
    Result<void> removed = co_await directory_->remove(name);
    if (!removed) warn(removed.error().within("removing what an interrupted save left"));
  }
  co_return co_await directory_->sync();
}

// A damaged or unreadable image stays in the list: who loads it is told, and falls back on an older one.
Task<Result<void>> LocalImageDirectory::take_in(TxId txid) {
  ImageInfo image{.txid = txid};
  Result<kj::Own<File>> file = co_await directory_->open(image_name(txid), {});
  if (file) {
    Result<std::uint64_t> bytes = co_await (*file)->size();
    if (bytes) image.bytes = *bytes;
    Result<ImageHeader> header = co_await read_image_header(**file);
    if (header) CO_TRY(check_namespace(header->namespace_id, (*file)->path()));
    if (!header) warn(header.error());
  } else {
    warn(file.error());
  }
  remember(image);
  co_return ok();
}

void LocalImageDirectory::remember(ImageInfo image) {
  forget(image.txid);
  const auto older = std::find_if(images_.begin(), images_.end(), [&](const ImageInfo& other) { return other.txid < image.txid; });
  images_.insert(older, image);
}

Result<void> LocalImageDirectory::check_namespace(Uuid found, const std::string& path) const {
  if (namespace_id_.is_nil() || found == namespace_id_) return ok();
  return fail(ErrorCode::kForeign, fmt::format("image {} belongs to namespace {}, expected {}; move it away, or use its own journal", path,
                                               to_hex(found), to_hex(namespace_id_)));
}

Result<void> LocalImageDirectory::check_saving(const ImagePoint& point, const SaveOptions& options) const {
  const std::string path = path_of(image_name(point.position.txid));
  if (saving_) return fail(ErrorCode::kBusy, fmt::format("saving image {}: another save is under way; wait for it", path));
  TRY(check_namespace(point.namespace_id, path));
  if (point.configuration.size() > kImageConfigurationBytesMax) {
    return fail(ErrorCode::kTooLarge, fmt::format("saving image {}: the configuration has {} bytes, expected up to {}", path,
                                                  point.configuration.size(), kImageConfigurationBytesMax));
  }
  if (options.chunk_bytes == 0 || options.chunk_bytes > kChunkBytesMax) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("saving image {}: chunks of {} bytes are asked for, expected 1 to {}", path,
                                                         options.chunk_bytes, kChunkBytesMax));
  }
  return ok();
}

Task<Result<SavedImage>> LocalImageDirectory::do_save(ImagePoint point, std::function<void(ImageSink&)> declare, SaveOptions options) {
  CO_TRY(check_saving(point, options));
  const Raised saving(saving_);
  const TxId txid = point.position.txid;
  SectionPlan plan;
  declare(plan);
  if (const Result<void> declared = plan.check(); !declared)
    co_return fail(declared.error().within(fmt::format("saving image {}", path_of(image_name(txid)))));
  ImagePublisher publisher(seams_, *directory_);
  CO_ASSIGN_OR_RETURN(const SavedImage saved, co_await publisher.publish(std::move(point), plan, std::move(options), has(txid)));
  remember({.txid = txid, .bytes = saved.bytes});
  co_return saved;
}

Task<Result<kj::Own<ImageReader>>> LocalImageDirectory::open_image(TxId txid) {
  CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory_->open(image_name(txid), {}));
  CO_ASSIGN_OR_RETURN(kj::Own<ImageReader> image, co_await ImageReader::open(kj::mv(file)));
  CO_TRY(check_namespace(image->header().namespace_id, image->path()));
  if (image->header().txid != txid.value) {
    const auto renamed =
        image_damaged(fmt::format("the header at offset 0 is of txid {}, the name says {}: renamed", image->header().txid, txid.value));
    co_return fail(image->named(renamed.value()));
  }
  co_return kj::mv(image);
}

Task<Result<ImagePoint>> LocalImageDirectory::do_peek(TxId txid) {
  CO_ASSIGN_OR_RETURN(kj::Own<ImageReader> image, co_await open_image(txid));
  co_return image->point();
}

Task<Result<LoadedImage>> LocalImageDirectory::do_load(TxId txid, std::function<Result<void>(ImageSource&)> declare) {
  CO_ASSIGN_OR_RETURN(kj::Own<ImageReader> image, co_await open_image(txid));
  SectionLoader loader(*image);
  if (const Result<void> declared = declare(loader); !declared) co_return fail(image->named(declared.error()));
  co_return co_await loader.run(seams_.workers);
}

Task<Result<void>> LocalImageDirectory::do_verify(TxId txid) {
  CO_ASSIGN_OR_RETURN(kj::Own<ImageReader> image, co_await open_image(txid));
  co_return co_await verify_image(*image, seams_.workers);
}

Task<Result<void>> LocalImageDirectory::do_set_aside(TxId txid) {
  CO_ASSIGN_OR_RETURN(const std::vector<std::string> names, co_await directory_->list());
  const std::set<std::string> taken(names.begin(), names.end());
  unsigned n = 1;
  while (taken.contains(image_damaged_name(txid, n))) ++n;
  CO_TRY(co_await directory_->rename(image_name(txid), image_damaged_name(txid, n)));
  forget(txid);
  co_return co_await directory_->sync();
}

Task<Result<std::vector<ImageInfo>>> LocalImageDirectory::do_retain(std::size_t keep) {
  if (keep == 0)
    co_return fail(ErrorCode::kInvalidArgument,
                   fmt::format("retaining images in {}: 0 are to be kept, expected 1 or more", directory_->path()));
  if (images_.size() <= keep) co_return images_;
  std::vector<std::string> leaving;
  for (; images_.size() > keep; images_.pop_back()) {
    const TxId txid = images_.back().txid;
    leaving.push_back(image_tmp_name(txid));
    CO_TRY(co_await directory_->rename(image_name(txid), leaving.back()));
  }
  CO_TRY(co_await directory_->sync());  // whoever finds their names after a crash finds them whole
  for (const std::string& name : leaving) CO_TRY(co_await remove_gradually(*directory_, name, seams_.clock));
  CO_TRY(co_await directory_->sync());
  co_return images_;
}

}  // namespace

Task<Result<kj::Own<ImageDirectory>>> ImageDirectory::open(Seams seams, kj::Own<Directory> directory, Uuid namespace_id) {
  const std::string doing = fmt::format("opening images in {}", directory->path());
  auto images = kj::heap<LocalImageDirectory>(seams, kj::mv(directory), namespace_id);
  Result<void> opened = co_await images->open();
  if (!opened) co_return fail(opened.error().within(doing));
  co_return kj::Own<ImageDirectory>(kj::mv(images));
}

}  // namespace varve
