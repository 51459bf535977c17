#include "tests/tools/observatory_world.h"

#include <sstream>

#include "base/check.h"
#include "base/result.h"
#include "ha/image_check.h"
#include "ha/options.h"
#include "journal/local_journal.h"
#include "tests/tools/memory_file.h"

namespace varve::testing {

namespace {

// Small, so that every byte can be flipped: segments of a few nights.
Options small_options() {
  Options options;
  options.segment_bytes_max = 16u << 10;
  options.segment_transactions_max = 4;
  options.disk_reserve_bytes = 16u << 10;
  options.image_chunk_bytes = 4096;
  options.checkpoint_transactions = options.checkpoint_log_bytes = 0;
  options.checkpoint_interval = std::chrono::milliseconds(0);
  return options;
}

template <typename T>
T take(Result<T> result) {
  CHECK(result.has_value(), result.error().text());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace

std::vector<std::string> Viewed::lines() const {
  std::vector<std::string> all;
  std::istringstream text(out);
  for (std::string line; std::getline(text, line);) all.push_back(line);
  return all;
}

ObservatoryWorld::ObservatoryWorld() {
  disk().add_directory(kDataPath);
}

void ObservatoryWorld::start() {
  take(try_start());
}

Result<void> ObservatoryWorld::try_start() {
  queue_.emplace(queue_options(small_options()), [this] { wakes_.add(kj::evalLater([this] { pump(); })); });
  Result<void> opened = world_.wait(open());
  if (!opened) kill();
  return opened;
}

Task<Result<void>> ObservatoryWorld::open() {
  const Options options = small_options();
  CO_TRY(co_await check_images(world_.seams().disk, kDataPath + "/journal", kDataPath + "/images"));
  CO_ASSIGN_OR_RETURN(auto journal,
                      co_await LocalJournal::open(world_.seams(), kDataPath + "/journal", log_options(options), roll_policy(options)));
  CO_ASSIGN_OR_RETURN(auto directory, co_await world_.seams().disk.create_directory(kDataPath + "/images"));
  CO_ASSIGN_OR_RETURN(auto images, co_await ImageDirectory::open(world_.seams(), kj::mv(directory), journal->namespace_id()));
  ReplicaConfig config{
      .writer_name = "dome", .host = "hill", .checkpoint = checkpoint_policy(options), .image_chunk_bytes = options.image_chunk_bytes};
  CO_ASSIGN_OR_RETURN(replica_, co_await Replica::open(world_.seams(), kj::mv(journal), kj::mv(images), config, machine_, *queue_));
  co_return ok();
}

void ObservatoryWorld::pump() {
  if (replica_.get() != nullptr) replica_->pump();
}

void ObservatoryWorld::record_nights(unsigned count, const RecordBytes& night) {
  for (unsigned i = 0; i < count; ++i) {
    bool done = false;
    std::optional<Error> error;
    Engine::Completion completion = [&done](Result<Committed> result) { done = result.has_value(); };
    CHECK(queue_->submit(night.bytes(), completion, SubmitQueue::Full::kPass, error) == SubmitQueue::Admission::kTaken);
    while (!done) world_.run_for(std::chrono::milliseconds(1));
  }
}

void ObservatoryWorld::checkpoint() {
  take(world_.wait(replica_->checkpoint()));
}

void ObservatoryWorld::stop() {
  queue_->close(Error(ErrorCode::kClosed, "closing"));
  take(world_.wait(replica_->close()));
  kill();
}

void ObservatoryWorld::kill() {
  replica_ = nullptr;
  wakes_.clear();
  queue_.reset();
}

Viewed ObservatoryWorld::view(Task<void> (*what)(Viewer&), ViewOptions options) {
  MemoryFile out_file;
  MemoryFile problems_file;
  StandardOutput out(out_file.descriptor());
  StandardOutput problems(problems_file.descriptor());
  Viewer viewer(world_.seams(), options, out, problems);
  world_.wait(what(viewer));
  take(out.finish());
  return {viewer.exit_status(), out_file.text(), problems_file.text()};
}

std::vector<std::string> ObservatoryWorld::files() {
  std::vector<std::string> all;
  for (const char* directory : {"/data/images", "/data/journal"}) {
    for (const std::string& name : disk().list(directory)) all.push_back(std::string(directory) + "/" + name);
  }
  return all;
}

std::vector<std::string> ObservatoryWorld::files_named(const std::string& beginning) {
  std::vector<std::string> found;
  for (const std::string& path : files()) {
    if (path.substr(path.find_last_of('/') + 1).starts_with(beginning)) found.push_back(path);
  }
  return found;
}

std::string ObservatoryWorld::newest(const std::string& beginning) {
  const std::vector<std::string> found = files_named(beginning);
  CHECK(!found.empty(), beginning);
  return found.back();
}

}  // namespace varve::testing
