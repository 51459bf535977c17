// write_golden DIR: makes the directory DIR with the files that one writer of today's layout leaves. It never touches one that is there:
// golden files are written once, when a layout is new.
#include <filesystem>
#include <iostream>

#include "base/check.h"
#include "tests/golden/golden_rm.h"
#include "tests/tools/night_log.h"

namespace varve::testing {
namespace {

namespace fs = std::filesystem;

template <typename T>
T take(Result<T> result) {
  CHECK(result.has_value(), result.error().text());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

void store_all(RmStore& store, std::vector<rm::Transaction> transactions) {
  for (rm::Transaction& transaction : transactions) take(store.submit(std::move(transaction)).get());  // each in a frame of its own
}

// Finalized segments, one in progress, an image between them.
void write_rm(const std::string& data) {
  fs::create_directory(data);
  auto store = take(RmStore::open(golden_options(data), {}));
  store_all(*store, golden_transactions_before_image());
  take(store->engine().checkpoint());
  store_all(*store, golden_transactions_behind_image());
  take(store->close());
  for (const char* name : {"reserve", "edits_prepared.tmp"}) fs::remove(data + "/journal/" + name);
}

// An image of a schema that Varve does not know, with a compressed section.
void write_nights(const std::string& data) {
  const std::string scratch = data + "/scratch";
  fs::create_directories(scratch);
  NightLog nights;
  auto engine = take(Engine::open(golden_options(scratch), nights));
  const RecordBytes night = make_full_night();
  for (int i = 0; i < 3; ++i) take(engine->submit(night.bytes()).get());
  take(engine->checkpoint());
  take(engine->close());
  fs::rename(scratch + "/images", data + "/images");
  fs::remove_all(scratch);
}

}  // namespace
}  // namespace varve::testing

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_golden DIR (which must not exist)\n";
    return 2;
  }
  if (!std::filesystem::create_directory(argv[1])) {
    std::cerr << "write_golden: " << argv[1] << " exists: golden files are never written again\n";
    return 1;
  }
  const std::string directory = argv[1];
  varve::testing::write_rm(directory + "/rm");
  varve::testing::write_nights(directory + "/nights");
  return 0;
}
