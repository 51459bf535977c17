// Synchronous writes into RocksDB.
#include <rocksdb/db.h>

#include <memory>

#include "bench/peers/peer_load.h"

int main(int argc, char** argv) {
  const auto load = varve::peers::parse(argc, argv);
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  rocksdb::Status status = rocksdb::DB::Open(options, load.directory, &opened);
  const std::unique_ptr<rocksdb::DB> db(opened);
  if (!status.ok()) {
    std::fprintf(stderr, "opening %s: %s\n", load.directory.c_str(), status.ToString().c_str());
    return 1;
  }
  rocksdb::WriteOptions synced;
  synced.sync = true;
  return varve::peers::run(load, [&](const std::string& key, const std::string& value) { return db->Put(synced, key, value).ok(); });
}
