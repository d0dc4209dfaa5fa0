#pragma once
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "e2tad/video/image_queue.hpp"

namespace e2tad::pipeline {

/// Hands out queues of a reader's frames; with a thread of its own the next queue is filled while the last
/// one is worked on. The frames are the same.
class FrameFeed {
  public:
    /// @param reader    used by this object alone from here on.
    /// @param capacity  pictures a queue.
    /// @param beside    fill in a thread of its own; takes a second queue.
    FrameFeed(video::VideoReader &reader, std::size_t capacity, bool beside);
    ~FrameFeed();
    FrameFeed(const FrameFeed &) = delete;
    FrameFeed &operator=(const FrameFeed &) = delete;

    /// The next frames; the queue handed out before is given back. Null at the end.
    /// @throws what ImageQueue::fill throws.
    const video::ImageQueue *next();

    /// Ends the thread; the reader is the caller's again. To be called before the reader is asked anything.
    void stop();

    /// Seconds spent in decoding and scaling so far, whichever thread did it. For the thread of next().
    [[nodiscard]] double seconds();
    [[nodiscard]] std::size_t bytes() const;

  private:
    void fill_ahead();
    void fill(video::ImageQueue &queue);

    video::VideoReader &reader_;
    std::vector<video::ImageQueue> queues_;
    std::size_t current_ = 0;  ///< Of the queue that next() hands out next.

    std::mutex mutex_;  ///< Guards all below.
    std::condition_variable changed_;
    double seconds_ = 0;
    bool full_ = false;  ///< The queue `current_` is filled and not yet handed out.
    bool quit_ = false;
    std::exception_ptr failure_;
    std::thread thread_;
};

}  // namespace e2tad::pipeline
