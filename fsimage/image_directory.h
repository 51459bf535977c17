// The images of one state in one directory: fsimage_<txid>, saved beside and published by rename, kept in a small number.
//
// Threads:   the event loop's; producers and consumers run on the workers.
// Durable:   save(): when it resolves the image was written, synced, read back and verified, renamed, and its name is durable.
// Errors:    every text names the file and, for damage, the offset.
// Memory:    a save or load holds at most a few chunks for each worker, whatever the size of the state.
#pragma once

#include <kj/memory.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/seams.h"
#include "base/task.h"
#include "varve/image.h"
#include "varve/state_machine.h"
#include "varve/types.h"

namespace varve {

// What an image is an image of.
struct ImagePoint {
  Uuid namespace_id;
  std::uint64_t lineage = 0;
  LogPosition position;       // the last txid of a frame, with its epoch and digest
  std::string configuration;  // Configuration (editlog/control.capnp) as of there; opaque here
  SchemaInfo schema;
};

struct ImageInfo {
  TxId txid;
  std::uint64_t bytes = 0;  // of the file
};

struct SaveOptions {
  std::size_t chunk_bytes = 1u << 20;
  // Called now and then; returns how long to wait before more is written or read back (0: full speed), so that a checkpoint gives way to
  // the log.
  std::function<std::chrono::nanoseconds()> pace;
};

struct SavedImage {
  TxId txid;
  std::uint64_t bytes = 0;
  Digest digest;  // of the whole: the same state at the same position gives the same
};

struct LoadedImage {
  ImagePoint point;
  std::uint64_t bytes = 0;
  Digest digest;
};

class ImageDirectory {
 public:
  // Reads the names, removes what a crash left half written (*.tmp). kForeign when an image in it belongs to another namespace
  // (pass a nil Uuid to skip that check).
  static Task<Result<kj::Own<ImageDirectory>>> open(Seams seams, kj::Own<Directory> directory, Uuid namespace_id);
  virtual ~ImageDirectory() noexcept(false) {}

  // Published images, newest first.
  virtual const std::vector<ImageInfo>& images() const = 0;

  // Writes fsimage_<txid>. `declare` is called once, on the loop. One save at a time. Publishing over an existing image of the same txid
  // replaces it. After a failure nothing is left but a *.tmp that is removed.
  virtual kj::Promise<Result<SavedImage>> save(ImagePoint point, std::function<void(ImageSink&)> declare, SaveOptions options) = 0;

  // Reads only the header and the table of contents: what the image is of.
  virtual kj::Promise<Result<ImagePoint>> peek(TxId txid) = 0;

  // Verifies and loads: `declare` is called on the loop with the verified table of contents and declares the consumers.
  virtual kj::Promise<Result<LoadedImage>> load(TxId txid, std::function<Result<void>(ImageSource&)> declare) = 0;

  // Reads the whole image and checks every byte, as after save().
  virtual kj::Promise<Result<void>> verify(TxId txid) = 0;

  // Moves a damaged image aside, to fsimage_<txid>.damaged: never loaded again, never deleted by Varve.
  virtual kj::Promise<Result<void>> set_aside(TxId txid) = 0;

  // Removes the oldest images until `keep` are left; returns those that remain, newest first.
  virtual kj::Promise<Result<std::vector<ImageInfo>>> retain(std::size_t keep) = 0;
};

}  // namespace varve
