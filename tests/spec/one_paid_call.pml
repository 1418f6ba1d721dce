/* The flight and the lease, small enough to be checked whole: two replicas, with two requests each,
 * want one content. It follows src/analysis/paid_call_state.h step by step: look up, claim, look again, pay,
 * keep. A replica may die once while it pays; its lease then ends by itself. The vendor may answer,
 * or fail without billing.
 *
 * Checked: the content is billed at most once, and once more for each death of one who was paying
 * or had not kept yet; nobody who waits waits for ever; no verdict is answered that was not kept.
 *
 * FAULT=1..4 break the protocol on purpose; tests/spec/check_spec.py wants each of them found out.
 */
#ifndef FAULT
#define FAULT 0
#endif
#define NO_LEASE_CHECK      1   /* pays although another replica holds the lease */
#define NO_SECOND_LOOK      2   /* does not look at the entry once the lease is granted */
#define LEAVES_BEFORE_KEEP  3   /* takes the key off the table before the verdict is kept */
#define ENDS_LEASE_TOO_SOON 4   /* ends the lease before the verdict is kept */

/* LEASES=0: one replica while the shared store is away, with its own table and its own store. */
#ifndef LEASES
#define LEASES 1
#endif
#if LEASES
#define REPLICAS 2
#else
#define REPLICAS 1
#endif
#define REQUESTS 2
#define NOBODY   9

bool stored = false;        /* the entry, in the shared store */
byte lease = NOBODY;        /* who holds it */
bool aboard[REPLICAS];      /* the key is on that replica's table */
bool dead[REPLICAS];
byte billed = 0;
byte lost = 0;
byte may_die = 1;

/* A lease ends by itself only when its owner is no more: its life is longer than any call. */
proctype expiry() {
end:
  do
  :: atomic { lease != NOBODY && dead[lease] -> lease = NOBODY }
  od
}

proctype request(byte me) {
  bool ours = false;
board:
  if
  :: dead[me] -> goto gone
  :: atomic { !dead[me] && !aboard[me] -> aboard[me] = true }
  :: atomic { !dead[me] && aboard[me] -> skip };
     /* follows: waits until the flight lands, and takes its result from the store */
     if
     :: dead[me] -> goto gone
     :: !aboard[me] -> goto board
     fi
  fi;
look_up:
  if
  :: dead[me] -> goto gone
  :: stored -> goto land
  :: !stored && !dead[me] -> skip
  fi;
  if :: !LEASES -> goto pay :: else fi;
claim:
  atomic {
    ours = (lease == NOBODY);
    if :: ours -> lease = me :: else fi
  };
  /* the second half of the claim: the entry, read after the lease was decided */
  if
  :: dead[me] -> goto gone
  :: stored && FAULT != NO_SECOND_LOOK ->
       atomic { if :: ours && lease == me -> lease = NOBODY :: else fi };
       goto land
  :: else -> skip
  fi;
  if
  :: ours || FAULT == NO_LEASE_CHECK -> skip
  :: !ours && FAULT != NO_LEASE_CHECK ->
       if  /* waits for news, or for the lease's end */
       :: dead[me] -> goto gone
       :: stored -> goto land
       :: lease == NOBODY -> goto claim
       fi
  fi;
pay:
  if
  :: dead[me] -> goto gone
  :: atomic { !dead[me] -> billed++ }
  :: !dead[me] ->  /* refused without a bill: the lease is released, the request fails */
       atomic { if :: lease == me -> lease = NOBODY :: else fi };
       goto land
  fi;
  if
  :: atomic { may_die > 0 && !dead[me] -> may_die--; dead[me] = true; lost++ }; goto gone
  :: skip
  fi;
  if :: FAULT == LEAVES_BEFORE_KEEP -> aboard[me] = false :: else fi;
  if
  :: FAULT == ENDS_LEASE_TOO_SOON -> atomic { if :: lease == me -> lease = NOBODY :: else fi }
  :: else
  fi;
keep:
  if
  :: dead[me] -> atomic { lost++ }; goto gone
  :: atomic { !dead[me] -> stored = true; if :: lease == me -> lease = NOBODY :: else fi }
  fi;
land:
  if
  :: FAULT != LEAVES_BEFORE_KEEP || aboard[me] -> aboard[me] = false
  :: else
  fi;
gone:
  assert(billed <= 1 + lost)
}

init {
  atomic {
    run expiry();
    byte replica = 0;
    byte i;
    do
    :: replica < REPLICAS ->
         i = 0;
         do
         :: i < REQUESTS -> run request(replica); i++
         :: else -> break
         od;
         replica++
    :: else -> break
    od
  }
}
