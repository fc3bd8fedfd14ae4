// What must hold when all is quiet: docs/guarantees.md, read out of the three databases, the
// gateway's book and what the buyer was told.
#pragma once

#include "tests/faults/simulation/buyer.h"
#include "tests/faults/simulation/cluster.h"
#include "tests/faults/simulation/office.h"

namespace tallystick::simulation {

// Nothing is under way or due, but for people.
bool IsQuiet(Cluster& cluster, const Buyer& buyer);

// What is still under way, for whoever waits in vain.
std::string UnderWay(Cluster& cluster, const Buyer& buyer);

// A trade that a diligent back office would have brought to its end; empty when there is none.
std::string LeftByPeople(Cluster& cluster, Buyer& buyer);

// All three can read it, and nothing of it waits for a person.
bool IsWhole(Cluster& cluster, const Uuid& trade);
// The same, and the order is what its buyer was answered.
bool IsAsAnswered(Cluster& cluster, const BuyersTrade& trade);

// All three speak of one state of affairs.
bool IsInStep(Cluster& cluster, const Uuid& trade);

void CheckQuiet(Cluster& cluster, Buyer& buyer, const Office& office);

}  // namespace tallystick::simulation
