#include "pauca/loss/cox.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "pauca/core/errors.hpp"

namespace pauca {

namespace {

// Sums over risk sets below this share of the largest e^{eta} of a stratum have no digits left where rows enter late;
// without late entries none is that small.
constexpr double lost = 1e-28;

/// A sum with twice the digits: what enters and leaves a risk set cancels.
struct Twofold {
  double high = 0.0, low = 0.0;
  void add(double x) {
    const double sum = high + x, part = sum - high;
    low += (high - (sum - part)) + (x - part);
    high = sum;
  }
  void add(const Twofold& x) {
    add(x.high);
    low += x.low;
  }
  void subtract(const Twofold& x) {
    add(-x.high);
    low -= x.low;
  }
  void scale(double factor) {
    high *= factor;
    low *= factor;
  }
  double value() const { return high + low; }
};

}  // namespace

CoxLoss::CoxLoss(const Vector& target, Vector weights, Ties ties) : Loss(std::move(weights)), count_(0.0), ties_(ties) {
  const Index n = size();
  require(target.size() == 4 * n, "Cox: expected entry, time, event and stratum of every row");
  require(!target.hasNaN(), "Cox: the target contains NaN");
  const auto entry = target.segment(0, n), time = target.segment(n, n);
  const auto event = target.segment(2 * n, n), stratum = target.segment(3 * n, n);
  Index strata = 0;
  std::vector<Index> order;
  for (Index i = 0; i < n; ++i) {
    require(stratum[i] >= 0.0 && stratum[i] < 1e7, "Cox: strata are numbered from 0");
    strata = std::max(strata, static_cast<Index>(stratum[i]) + 1);
    if (weights_[i] <= 0.0) continue;
    count_ += 1.0;
    if (event[i] != 0.0) order.push_back(i);
  }
  require(!order.empty(), "Cox: no event has a positive weight");
  std::sort(order.begin(), order.end(),
            [&](Index a, Index b) { return stratum[a] != stratum[b] ? stratum[a] < stratum[b] : time[a] < time[b]; });

  std::vector<double> event_weight;
  begin_.assign(static_cast<std::size_t>(strata) + 1, 0);
  for (std::size_t a = 0; a < order.size(); ++a) {
    const Index i = order[a];
    if (a == 0 || stratum[i] != stratum[order[a - 1]] || time[i] != time[order[a - 1]]) {
      times_.push_back(time[i]);
      events_.push_back(0);
      event_weight.push_back(0.0);
      ++begin_[static_cast<std::size_t>(stratum[i]) + 1];
    }
    ++events_.back();
    event_weight.back() += weights_[i];
  }
  std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
  event_weight_ = Eigen::Map<const Vector>(event_weight.data(), static_cast<Index>(event_weight.size()));

  truncated_.assign(static_cast<std::size_t>(strata), 0);
  rows_.resize(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i) {
    const auto g = static_cast<std::size_t>(stratum[i]);
    const auto from = times_.begin() + begin_[g], to = times_.begin() + begin_[g + 1];
    Row& row = rows_[i];
    row.stratum = static_cast<Index>(g);
    row.first = std::upper_bound(from, to, entry[i]) - times_.begin();
    row.last = std::max(row.first, static_cast<Index>(std::upper_bound(from, to, time[i]) - times_.begin()));
    row.event = event[i] != 0.0 && weights_[i] > 0.0;
    if (row.first > begin_[g] && row.first < row.last) truncated_[g] = 1;
    require(!row.event || row.first < row.last, "Cox: a row must enter before its event");
  }
}

void CoxLoss::sum_risk_sets(const Vector& rows, const Vector& decay, Vector& risk, Vector& tied) const {
  const Index k = event_weight_.size();
  std::vector<Twofold> leaving(static_cast<std::size_t>(k)), entering(static_cast<std::size_t>(k));
  tied.setZero(k);
  for (Index i = 0; i < size(); ++i) {
    const Row& row = rows_[i];
    if (row.first == row.last) continue;
    leaving[row.last - 1].add(rows[i]);
    if (row.first > begin_[row.stratum]) entering[row.first - 1].add(rows[i]);
    if (row.event) tied[row.last - 1] += rows[i];
  }
  risk.resize(k);
  for (std::size_t g = 0; g + 1 < begin_.size(); ++g) {
    Twofold sum;
    for (Index t = begin_[g + 1] - 1; t >= begin_[g]; --t) {
      if (decay[t] != 1.0) sum.scale(decay[t]);
      sum.add(leaving[t]);
      sum.subtract(entering[t]);
      risk[t] = sum.value();
    }
  }
}

CoxLoss::Sums CoxLoss::sums(const Vector& eta) const {
  constexpr double none = -std::numeric_limits<double>::infinity();
  Sums s;
  s.scale.setConstant(event_weight_.size(), none);
  s.decay.setOnes(event_weight_.size());
  for (Index i = 0; i < size(); ++i) {
    const Row& row = rows_[i];
    if (weights_[i] > 0.0 && row.first < row.last) s.scale[row.last - 1] = std::max(s.scale[row.last - 1], eta[i]);
  }
  for (std::size_t g = 0; g + 1 < begin_.size(); ++g) {
    const Index from = begin_[g], count = begin_[g + 1] - from;
    if (count == 0) continue;
    if (truncated_[g]) s.scale.segment(from, count).setConstant(s.scale.segment(from, count).maxCoeff());
    for (Index k = begin_[g + 1] - 2; k >= from; --k) {
      s.scale[k] = std::max(s.scale[k], s.scale[k + 1]);
      s.decay[k] = std::exp(s.scale[k + 1] - s.scale[k]);
    }
  }
  s.weight.setZero(size());
  for (Index i = 0; i < size(); ++i) {
    const Row& row = rows_[i];
    if (weights_[i] > 0.0 && row.first < row.last)
      s.weight[i] = count_ * weights_[i] * std::exp(eta[i] - s.scale[row.last - 1]);
  }
  sum_risk_sets(s.weight, s.decay, s.risk, s.tied);
  return s;
}

double CoxLoss::left(const Sums& s, Index k, Index r) const {
  const double value = s.risk[k] - share(r, k) * s.tied[k];
  return value > lost ? value : 0.0;
}

double CoxLoss::value(const Vector& eta) const {
  const Sums s = sums(eta);
  Twofold total;  // steps near the solution are judged by differences of this
  for (Index k = 0; k < event_weight_.size(); ++k) {
    double logs = 0.0;
    for (Index r = 0; r < terms(k); ++r) logs += std::log(std::max(left(s, k, r), lost));
    total.add(term_weight(k) * logs);
    total.add(event_weight_[k] * s.scale[k]);
  }
  for (Index i = 0; i < size(); ++i)
    if (rows_[i].event) total.add(-weights_[i] * eta[i]);
  return total.value();
}

void CoxLoss::expected(const Sums& s, Vector& h) const {
  const Index count = event_weight_.size();
  // Cumulative sums of w_t / (S - phi T) over event times, and what the events of a time do not get of it.
  std::vector<Twofold> hazard(static_cast<std::size_t>(count));
  Vector withheld = Vector::Zero(count);
  for (std::size_t g = 0; g + 1 < begin_.size(); ++g) {
    Twofold sum;
    for (Index k = begin_[g]; k < begin_[g + 1]; ++k) {
      if (k > begin_[g] && s.decay[k - 1] != 1.0) sum.scale(s.decay[k - 1]);
      for (Index r = 0; r < terms(k); ++r) {
        const double rest = left(s, k, r);
        if (rest == 0.0) continue;
        sum.add(term_weight(k) / rest);
        withheld[k] += share(r, k) * term_weight(k) / rest;
      }
      hazard[k] = sum;
    }
  }
  h.setZero(size());
  for (Index i = 0; i < size(); ++i) {
    const Row& row = rows_[i];
    if (row.first == row.last) continue;
    Twofold sum = hazard[row.last - 1];
    if (row.first > begin_[row.stratum]) sum.subtract(hazard[row.first - 1]);
    h[i] = s.weight[i] * (row.event ? sum.value() - withheld[row.last - 1] : sum.value());
  }
}

void CoxLoss::gradient(const Vector& eta, Vector& u) const {
  expected(sums(eta), u);
  for (Index i = 0; i < size(); ++i)
    if (rows_[i].event) u[i] -= weights_[i];
}

void CoxLoss::curvature(const Vector& eta, Vector& h) const { expected(sums(eta), h); }

Vector CoxLoss::baseline(const Vector& eta) const {
  const Sums s = sums(eta);
  Vector increments = Vector::Zero(event_weight_.size());
  for (Index k = 0; k < increments.size(); ++k)
    for (Index r = 0; r < terms(k); ++r)
      increments[k] += count_ * term_weight(k) / std::max(left(s, k, r), lost) * std::exp(-s.scale[k]);
  return increments;
}

/// Rows of R: sqrt(w_t) times the mean over the risk set of term t.
class CoxCoupling final : public Coupling {
 public:
  CoxCoupling(const CoxLoss& loss, CoxLoss::Sums sums) : loss_(loss), sums_(std::move(sums)) {
    for (Index k = 0; k < loss.event_weight_.size(); ++k) rank_ += loss.terms(k);
  }

  Index rank() const override { return rank_; }
  void apply(const Vector& x, double* out) const override {
    Vector risk, tied;
    loss_.sum_risk_sets(sums_.weight.cwiseProduct(x), sums_.decay, risk, tied);
    for (Index k = 0; k < loss_.event_weight_.size(); ++k)
      for (Index r = 0; r < loss_.terms(k); ++r) {
        const double rest = loss_.left(sums_, k, r);
        const double mean = rest > 0.0 ? (risk[k] - loss_.share(r, k) * tied[k]) / rest : 0.0;
        *out++ = std::sqrt(loss_.term_weight(k)) * mean;
      }
  }

 private:
  const CoxLoss& loss_;
  CoxLoss::Sums sums_;
  Index rank_ = 0;
};

std::unique_ptr<Coupling> CoxLoss::coupling(const Vector& eta) const {
  return std::make_unique<CoxCoupling>(*this, sums(eta));
}

}  // namespace pauca
