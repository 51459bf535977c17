// A simulated disk with a directory of images in it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/result.h"
#include "base/sim/sim_world.h"
#include "fsimage/image_directory.h"
#include "fsimage/image_format.h"
#include "fsimage/image_names.h"
#include "tests/fsimage/sample_state.h"

namespace varve {

inline constexpr Uuid kNamespace{0x1122334455667788, 0x99aabbccddeeff00};
inline constexpr std::string_view kDirectory = "/images";

inline std::string image_path(std::uint64_t txid) {
  return std::string(kDirectory) + "/" + image_name(TxId{txid});
}

inline ImagePoint point_at(std::uint64_t txid) {
  return ImagePoint{.namespace_id = kNamespace,
                    .lineage = 3,
                    .position = {TxId{txid}, Epoch{7}, Digest{txid, 42}},
                    .configuration = "configuration",
                    .schema = {.compiled = "schema", .transaction_type = 0xabcd, .name = "sample"}};
}

// Two sections, one compressed, several chunks each at 256 bytes, an empty and an optional one.
inline SampleState small_state() {
  SampleState state;
  state.sections.push_back({{.id = 1, .name = "plain", .record_type = 11}, {sample_records(9, 60), sample_records(4, 30, 1)}});
  state.sections.push_back({{.id = 2, .name = "packed", .compress = true}, {{std::string(400, 'x'), std::string(40, 'y'), ""}}});
  state.sections.push_back({{.id = 3, .name = "empty"}, {{}, {}}});
  state.sections.push_back({{.id = 4, .name = "notes", .required = false}, {{"a note"}}});
  return state;
}

class ImageFixture : public testing::Test {
 protected:
  static constexpr std::size_t kChunkBytes = 256;

  ImageFixture() { world_.disk().add_directory(std::string(kDirectory)); }
  ~ImageFixture() noexcept override {}

  Result<kj::Own<ImageDirectory>> try_open(Uuid namespace_id = kNamespace) {
    auto directory = world_.wait(world_.disk().open_directory(std::string(kDirectory)));
    if (!directory) return fail(directory.error());
    return world_.wait(ImageDirectory::open(world_.seams(), kj::mv(*directory), namespace_id));
  }
  ImageDirectory& open() {
    auto opened = try_open();
    EXPECT_TRUE(opened) << opened.error().text();
    images_ = kj::mv(*opened);
    return *images_;
  }
  ImageDirectory& images() { return images_.get() == nullptr ? open() : *images_; }

  Result<SavedImage> save(const SampleState& state, std::uint64_t txid, SaveOptions options = {.chunk_bytes = kChunkBytes}) {
    return world_.wait(images().save(
        point_at(txid), [&state](ImageSink& sink) { state.declare(sink); }, std::move(options)));
  }
  Result<LoadedImage> load(SampleReceiver& receiver, std::uint64_t txid) {
    return world_.wait(images().load(TxId{txid}, [&receiver](ImageSource& source) { return receiver.declare(source); }));
  }
  Result<LoadedImage> load(std::uint64_t txid) {
    SampleReceiver receiver;
    return load(receiver, txid);
  }
  Result<void> verify(std::uint64_t txid) { return world_.wait(images().verify(TxId{txid})); }

  std::vector<std::uint64_t> listed() {
    std::vector<std::uint64_t> txids;
    for (const ImageInfo& image : images().images()) txids.push_back(image.txid.value);
    return txids;
  }
  std::vector<std::string> files() { return world_.disk().list(std::string(kDirectory)); }

  SimWorld world_;
  kj::Own<ImageDirectory> images_;
};

}  // namespace varve
