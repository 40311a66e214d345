set time zone 'Europe/Amsterdam';
reset;
reset a.b;;

