// Synchronous writes into LevelDB.
#include <leveldb/db.h>

#include <memory>

#include "bench/peers/peer_load.h"

int main(int argc, char** argv) {
  const auto load = varve::peers::parse(argc, argv);
  leveldb::Options options;
  options.create_if_missing = true;
  leveldb::DB* opened = nullptr;
  leveldb::Status status = leveldb::DB::Open(options, load.directory, &opened);
  const std::unique_ptr<leveldb::DB> db(opened);
  if (!status.ok()) {
    std::fprintf(stderr, "opening %s: %s\n", load.directory.c_str(), status.ToString().c_str());
    return 1;
  }
  leveldb::WriteOptions synced;
  synced.sync = true;
  return varve::peers::run(load, [&](const std::string& key, const std::string& value) { return db->Put(synced, key, value).ok(); });
}
