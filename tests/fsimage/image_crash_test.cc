// Power is lost before each disk operation of saving, replacing and retaining images, with every outcome of what was not synced.
#include <algorithm>

#include "tests/fsimage/image_fixture.h"
#include "tests/support/crash_walker.h"

namespace varve {
namespace {

class ImageCrashScenario : public CrashScenario {
 public:
  kj::Promise<Result<void>> setup(SimWorld& world) override { return do_setup(world); }
  kj::Promise<Result<void>> run(SimWorld& world) override { return do_run(world); }
  kj::Promise<Result<void>> check(SimWorld& world) override { return do_check(world); }
  kj::Promise<Result<void>> recover(SimWorld& world) override { return do_recover(world); }

 private:
  static Task<Result<kj::Own<ImageDirectory>>> open(SimWorld& world) {
    CO_ASSIGN_OR_RETURN(kj::Own<Directory> directory, co_await world.disk().open_directory(std::string(kDirectory)));
    co_return co_await ImageDirectory::open(world.seams(), kj::mv(directory), kNamespace);
  }
  Task<Result<void>> save(ImageDirectory& images, std::uint64_t txid) {
    CO_TRY(co_await images.save(point_at(txid), [this](ImageSink& sink) { state_.declare(sink); }, {.chunk_bytes = 256}));
    newest_ = txid;
    co_return ok();
  }

  Task<Result<void>> do_setup(SimWorld& world) {
    world.disk().add_directory(std::string(kDirectory));
    CO_ASSIGN_OR_RETURN(kj::Own<ImageDirectory> images, co_await open(world));
    CO_TRY(co_await save(*images, 3));
    co_return co_await save(*images, 5);
  }
  Task<Result<void>> do_run(SimWorld& world) {
    CO_ASSIGN_OR_RETURN(kj::Own<ImageDirectory> images, co_await open(world));
    CO_TRY(co_await save(*images, 7));
    CO_TRY(co_await images->retain(2));
    CO_TRY(co_await save(*images, 7));  // replaces
    CO_TRY(co_await images->set_aside(TxId{5}));
    co_return co_await save(*images, 9);
  }
  Task<Result<void>> do_recover(SimWorld& world) {
    Result<kj::Own<ImageDirectory>> images = co_await open(world);
    if (!images) co_return fail(images.error());
    co_return ok();
  }

  // Whatever bears an image's name is a whole image, and the newest that was acknowledged is there.
  Task<Result<void>> do_check(SimWorld& world) {
    CO_ASSIGN_OR_RETURN(kj::Own<ImageDirectory> images, co_await open(world));
    bool has_newest = false;
    for (const ImageInfo& image : images->images()) {
      SampleReceiver receiver;
      CO_TRY(co_await images->load(image.txid, [&receiver](ImageSource& source) { return receiver.declare(source); }));
      if (receiver.records() != state_.records()) co_return fail(ErrorCode::kDamaged, "an image holds other records than were saved");
      has_newest = has_newest || image.txid.value == newest_;
    }
    if (!has_newest) co_return fail(ErrorCode::kNotFound, "the image acknowledged last, " + image_name(TxId{newest_}) + ", is gone");
    for (const std::string& name : world.disk().list(std::string(kDirectory)))
      if (parse_image_tmp_name(name)) co_return fail(ErrorCode::kExists, "half an image is left: " + name);
    co_return ok();
  }

  const SampleState state_ = small_state();
  std::uint64_t newest_ = 0;
};

CrashScenarioFactory make_scenario() {
  return [] { return std::make_unique<ImageCrashScenario>(); };
}

TEST(ImageCrash, save_replace_retain_and_set_aside_survive_power_loss) {
  const CrashWalkReport report = walk_crashes(make_scenario());
  EXPECT_TRUE(report.passed()) << report.text();
  EXPECT_GT(report.operations, 20u);
}

TEST(ImageCrash, the_walk_fails_on_a_disk_whose_sync_does_nothing) {
  CrashWalkOptions options;
  options.sync_is_noop = true;
  EXPECT_FALSE(walk_crashes(make_scenario(), options).passed());
}

}  // namespace
}  // namespace varve
