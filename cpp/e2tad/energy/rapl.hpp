#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "e2tad/energy/source.hpp"

namespace e2tad::energy {

inline constexpr const char *kPowercapRoot = "/sys/class/powercap";

/// Running average power limit counters through Linux's powercap: all processor packages, and their memory
/// where it is counted apart. The counters wrap around (`max_energy_range_uj`), a package's within minutes
/// under load, which is why `tick` reads them in between.
class RaplSource : public Source {
  public:
    /// @throws InputError naming the file if there is no counter or it can't be read (most systems let only
    ///         root read them).
    explicit RaplSource(const std::string &root = kPowercapRoot);
    void start() override;
    Reading stop(std::int64_t frames) override;
    void tick() override;

  private:
    struct Zone {
        std::string file;
        std::uint64_t range_uj = 0;
        std::uint64_t last_uj = 0;
    };
    std::vector<Zone> zones_;
    std::uint64_t total_uj_ = 0;
    std::string failure_;
    std::chrono::steady_clock::time_point started_;
};

}  // namespace e2tad::energy
